-- What takes longer than a page of the console: audits of the books and dry runs of the automation, with their results. One of a
-- kind runs at a time, on whichever server it was asked for.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_console_jobs` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  -- 'audit' or 'dry_run'
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Who has asked for it.
  `started_by` varchar(255) NOT NULL,
  `started_at` datetime NOT NULL,
  -- The last sign of life: a server that was killed leaves an old one.
  `seen_at` datetime NOT NULL,
  `finished_at` datetime DEFAULT NULL,
  -- How much is done, of how much; what it does at the moment.
  `done` bigint NOT NULL DEFAULT 0,
  `total` bigint NOT NULL DEFAULT 0,
  `step` varchar(64) NOT NULL DEFAULT '',
  -- Why it has failed; empty if it has not.
  `error` text NOT NULL,
  -- The result, as JSON; empty until it has ended.
  `result` mediumtext NOT NULL,
  PRIMARY KEY (`id`),
  KEY `kind` (`kind`, `id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
