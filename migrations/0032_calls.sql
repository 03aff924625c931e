-- The index of the API log, by which the console finds calls: tblapilog has no index but its key, and is not ours to alter. A row
-- is inserted with the row of tblapilog, in the same transaction, by servers that have a console, and deleted with it.
--
-- Each key ends with the time, so that the newest calls that match are the end of a range.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_calls` (
  -- tblapilog.id
  `log_id` bigint NOT NULL,
  -- As tblapilog.created_at, in UTC.
  `at` datetime NOT NULL,
  `action` varchar(64) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  -- The identifier of the credential or the user name; also that of one for which authentication failed.
  `caller` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `address` varchar(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `status` smallint NOT NULL,
  `is_error` tinyint(1) NOT NULL,
  -- The client whose books or details the call has changed, and the invoice that it named or made; 0 for none.
  `client_id` int NOT NULL,
  `invoice_id` int NOT NULL,
  PRIMARY KEY (`log_id`),
  KEY `at` (`at`),
  KEY `action` (`action`, `at`),
  KEY `caller` (`caller`, `at`),
  KEY `address` (`address`, `at`),
  KEY `status` (`status`, `at`),
  KEY `is_error` (`is_error`, `at`),
  KEY `client_id` (`client_id`, `at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
