-- Webhooks: who is told of what happens, and what has happened.

-- The endpoints: of kind 'push', which get requests, and of kind 'pull', for readers that ask. The secrets that sign are sealed
-- with the operator's keys; while one is replaced, the previous one signs as well until `previous_until`.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_webhooks` (
  `id` int NOT NULL AUTO_INCREMENT,
  `kind` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `url` text NOT NULL,
  -- Names of events with blanks between them; an asterisk at the end of a name stands for anything.
  `events` text NOT NULL,
  `description` varchar(255) NOT NULL DEFAULT '',
  `secret` text NOT NULL,
  `previous_secret` text NOT NULL,
  `previous_until` datetime DEFAULT NULL,
  `is_enabled` tinyint(1) NOT NULL DEFAULT 1,
  -- Why it is disabled, for people to read.
  `reason` varchar(255) NOT NULL DEFAULT '',
  -- The last event that was sent, or was to be sent, when it was disabled.
  `disabled_after` bigint NOT NULL DEFAULT 0,
  -- Since when no delivery has succeeded, if the last one has not.
  `failing_since` datetime DEFAULT NULL,
  `succeeded_at` datetime DEFAULT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What has happened: a row is inserted by the transaction that does it, if any endpoint wants the event, and numbered after
-- that transaction was committed. Ids are not in the order of commits; `sequence` is.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_events` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  -- The id by which receivers recognize the event. It is random: ids of rows come again after a restore.
  `event_id` varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sequence` bigint DEFAULT NULL,
  `name` varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- What it is about, such as 'client' 42: events about the same thing are delivered in their order. '' for nothing.
  `subject` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `subject_id` int NOT NULL DEFAULT 0,
  -- A JSON object: the parameters of the hook.
  `data` mediumtext NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `sequence` (`sequence`),
  KEY `created_at` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The last number that was given to an event.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_event_sequence` (
  `name` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `last` bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT IGNORE INTO `mod_whmcs_api_event_sequence` (`name`, `last`) VALUES ('events', 0);
