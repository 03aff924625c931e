-- What registrars need to know of domains, and which registrars are active. Both are tables that WHMCS has, too.

-- What registries ask for besides the usual details of a domain.
CREATE TABLE IF NOT EXISTS `tbldomainsadditionalfields` (
  `id` int NOT NULL AUTO_INCREMENT,
  `domainid` int NOT NULL,
  `name` text NOT NULL,
  `value` text NOT NULL,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `domainid` (`domainid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The settings of registrars; a registrar that has some is active.
CREATE TABLE IF NOT EXISTS `tblregistrars` (
  `id` int NOT NULL AUTO_INCREMENT,
  `registrar` text NOT NULL,
  `setting` text NOT NULL,
  `value` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `registrar` (`registrar`(32))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
