-- What affiliates have earned and what they have been paid. All are tables that WHMCS has, too.

CREATE TABLE IF NOT EXISTS `tblaffiliateshistory` (
  `id` int NOT NULL AUTO_INCREMENT,
  `affiliateid` int NOT NULL,
  `date` date NOT NULL,
  `affaccid` int NOT NULL,
  `invoice_id` int NOT NULL DEFAULT 0,
  `description` text NOT NULL,
  `amount` decimal(16,2) NOT NULL,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `affiliateid` (`affiliateid`),
  KEY `affaccid` (`affaccid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Commissions that are not credited yet.
CREATE TABLE IF NOT EXISTS `tblaffiliatespending` (
  `id` int NOT NULL AUTO_INCREMENT,
  `affaccid` int NOT NULL DEFAULT 0,
  `invoice_id` int NOT NULL DEFAULT 0,
  `amount` decimal(16,2) NOT NULL,
  `clearingdate` date NOT NULL,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `clearingdate` (`clearingdate`),
  KEY `affaccid` (`affaccid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tblaffiliateswithdrawals` (
  `id` int NOT NULL AUTO_INCREMENT,
  `affiliateid` int NOT NULL,
  `date` date NOT NULL,
  `amount` decimal(16,2) NOT NULL,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `affiliateid` (`affiliateid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
