-- What is stored of ways to pay, what gateways answered, and the settings of fraud checks. All are tables that WHMCS has, too.

-- Cards, each of a row of tblpaymethods. `card_data` is sealed with the operator's key: the token of a gateway, never a number.
CREATE TABLE IF NOT EXISTS `tblcreditcards` (
  `id` int NOT NULL AUTO_INCREMENT,
  `pay_method_id` int NOT NULL DEFAULT 0,
  `card_type` varchar(255) NOT NULL DEFAULT '',
  `last_four` varchar(255) NOT NULL DEFAULT '',
  `expiry_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `card_data` blob NOT NULL,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `deleted_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `pay_method_id` (`pay_method_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Bank accounts, likewise. `bank_data` is sealed: the code of the bank and the number of the account.
CREATE TABLE IF NOT EXISTS `tblbankaccts` (
  `id` int NOT NULL AUTO_INCREMENT,
  `pay_method_id` int NOT NULL DEFAULT 0,
  `bank_name` varchar(255) NOT NULL DEFAULT '',
  `acct_type` varchar(255) NOT NULL DEFAULT '',
  `bank_data` blob NOT NULL,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `deleted_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `pay_method_id` (`pay_method_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What gateways answered and told, for staff to read.
CREATE TABLE IF NOT EXISTS `tblgatewaylog` (
  `id` int NOT NULL AUTO_INCREMENT,
  `date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `gateway` text NOT NULL,
  `data` text NOT NULL,
  `transaction_history_id` int NOT NULL DEFAULT 0,
  `result` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `date` (`date`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
