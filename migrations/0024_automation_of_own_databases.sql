-- What the automation has done, for GetAutomationLog: a table that WHMCS has, too.
CREATE TABLE IF NOT EXISTS `tbllog_register` (
  `id` int NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL DEFAULT '',
  `namespace_id` int DEFAULT NULL,
  `namespace` varchar(255) NOT NULL DEFAULT '',
  `namespace_value` mediumtext,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `created_at` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- By what falls due. Without these, a run reads all rows of these tables.
ALTER TABLE `tblhosting` ADD KEY `nextduedate` (`nextduedate`);
ALTER TABLE `tblhostingaddons` ADD KEY `nextduedate` (`nextduedate`);
ALTER TABLE `tbldomains` ADD KEY `nextduedate` (`nextduedate`);
