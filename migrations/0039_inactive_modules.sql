-- Fraud checks and endpoints of notifications in the settings that DeactivateModule has switched off.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_inactive_modules` (
  -- The type of modules, as in ActivateModule.
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The name in the settings.
  `name` varchar(190) COLLATE utf8mb4_bin NOT NULL,
  `since` datetime NOT NULL,
  PRIMARY KEY (`kind`, `name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Tables of WHMCS, which are created only in a database without it.

-- The settings of fraud checks.
CREATE TABLE IF NOT EXISTS `tblfraud` (
  `id` int NOT NULL AUTO_INCREMENT,
  `fraud` text NOT NULL,
  `setting` text NOT NULL,
  `value` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `fraud` (`fraud`(32))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
