-- Limits of single credentials on the number of their calls. A credential without a row has those of the settings.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_rate_limits` (
  `credential_id` int NOT NULL,
  -- NULL: as in the settings; 0: no limit.
  `per_minute` int unsigned DEFAULT NULL,
  `per_day` int unsigned DEFAULT NULL,
  PRIMARY KEY (`credential_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- How many calls of a caller each server has accepted in the last minute and the last day (UTC) in which it accepted any. Each
-- server writes its own rows and adds up those of all, so no two ever wait for each other, and writing a row again changes
-- nothing. Only callers that have a limit are counted.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_call_counts` (
  -- 'credential 5' or 'staff 3'.
  `caller` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Random for each start of a server.
  `server` binary(16) NOT NULL,
  `minute_start` datetime NOT NULL,
  `minute_calls` int unsigned NOT NULL,
  `day_start` datetime NOT NULL,
  `day_calls` int unsigned NOT NULL,
  PRIMARY KEY (`caller`, `server`),
  KEY `day_start` (`day_start`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
