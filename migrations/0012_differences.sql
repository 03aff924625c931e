-- How replies of this server differ from those of the WHMCS behind it (`upstream.compare`), added up by action, kind and path.
-- It has a bounded number of rows, and `whmcs-api compare clear` empties it.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_differences` (
  `action` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- missing, extra, type, value, order or status; or 'compared' with an empty path, which counts the comparisons.
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Where in a reply, with * in place of each index: clients.client.*.firstname.
  `path` varchar(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Number of calls that were compared or whose replies differ so.
  `calls` bigint unsigned NOT NULL,
  `first_at` datetime NOT NULL,
  `last_at` datetime NOT NULL,
  -- The latest example, as JSON in ASCII. It has values only if `upstream.compare_values` is set.
  `example` text NOT NULL,
  PRIMARY KEY (`action`, `kind`, `path`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
