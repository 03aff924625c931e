-- What must not happen in this database until it is released, one row for each hold. A restore inserts two of them:
--
-- 'restore': the rows are not complete yet, so nothing may use the database. The restore itself deletes it at its end.
-- 'outbox': nothing outside the database may be changed. What was pending when the backup was made may have happened since,
--   so an operator decides (`whmcs-api outbox release`). Whatever acts by itself checks for it.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_holds` (
  `name` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Why, for people to read.
  `reason` varchar(255) NOT NULL,
  -- The highest id in mod_whmcs_api_outbox_entries when the hold was made: these entries are from before it.
  `last_entry` bigint NOT NULL DEFAULT 0,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
