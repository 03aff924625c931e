-- Invitations of users, bans of addresses, and what staff have to do and when they were here. All are tables that WHMCS has, too.

-- Invitations to act for a client. One is open until it is accepted or deleted, or seven days have passed since created_at.
CREATE TABLE IF NOT EXISTS `tbluser_invites` (
  `id` int NOT NULL AUTO_INCREMENT,
  `token` varchar(100) NOT NULL DEFAULT '',
  `email` varchar(255) NOT NULL DEFAULT '',
  `client_id` int NOT NULL DEFAULT 0,
  `invited_by` int NOT NULL DEFAULT 0,
  `invited_by_admin` tinyint NOT NULL DEFAULT 0,
  `permissions` text,
  `accepted_at` timestamp NULL DEFAULT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `deleted_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `client_id` (`client_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Addresses from which nobody can log in, for a while.
CREATE TABLE IF NOT EXISTS `tblbannedips` (
  `id` int NOT NULL AUTO_INCREMENT,
  `ip` text NOT NULL,
  `reason` text NOT NULL,
  `expires` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `expires` (`expires`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The to-do list of staff.
CREATE TABLE IF NOT EXISTS `tbltodolist` (
  `id` int NOT NULL AUTO_INCREMENT,
  `date` date NOT NULL DEFAULT '0000-00-00',
  `title` text NOT NULL,
  `description` text NOT NULL,
  -- The member of staff, or 0 for nobody.
  `admin` int NOT NULL DEFAULT 0,
  `status` text NOT NULL,
  `duedate` date NOT NULL DEFAULT '0000-00-00',
  PRIMARY KEY (`id`),
  KEY `duedate` (`duedate`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Log-ins of staff. Nothing writes it but an admin area.
CREATE TABLE IF NOT EXISTS `tbladminlog` (
  `id` int NOT NULL AUTO_INCREMENT,
  `adminusername` text NOT NULL,
  `logintime` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `logouttime` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `ipaddress` text NOT NULL,
  `sessionid` text NOT NULL,
  `lastvisit` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `logouttime` (`logouttime`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- OAuth: programs that log clients in elsewhere, and what they may see there.
CREATE TABLE IF NOT EXISTS `tbloauthserver_clients` (
  `id` int NOT NULL AUTO_INCREMENT,
  `identifier` varchar(80) NOT NULL,
  `secret` varchar(255) NOT NULL DEFAULT '',
  `redirect_uri` varchar(2000) NOT NULL DEFAULT '',
  `grant_types` varchar(80) NOT NULL DEFAULT '',
  `user_id` varchar(255) NOT NULL DEFAULT '',
  `service_id` int NOT NULL DEFAULT 0,
  `name` varchar(255) NOT NULL DEFAULT '',
  `description` varchar(255) NOT NULL DEFAULT '',
  `logo_uri` varchar(255) NOT NULL DEFAULT '',
  `rsa_key_pair_id` int NOT NULL DEFAULT 0,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`),
  KEY `identifier` (`identifier`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tbloauthserver_scopes` (
  `id` int NOT NULL AUTO_INCREMENT,
  `scope` varchar(80) NOT NULL,
  `description` varchar(255) NOT NULL DEFAULT '',
  `is_default` tinyint NOT NULL DEFAULT 0,
  `created_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `updated_at` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS `tbloauthserver_client_scopes` (
  `id` int NOT NULL AUTO_INCREMENT,
  `client_id` int NOT NULL DEFAULT 0,
  `scope_id` int NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  KEY `client_id` (`client_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The scopes that WHMCS documents, and those of OpenID Connect.
INSERT INTO `tbloauthserver_scopes` (`scope`)
  SELECT documented.`scope` FROM (
    SELECT 1 AS `position`, 'clientarea:sso' AS `scope` UNION ALL SELECT 2, 'clientarea:profile'
    UNION ALL SELECT 3, 'clientarea:billing_info' UNION ALL SELECT 4, 'clientarea:emails'
    UNION ALL SELECT 5, 'clientarea:announcements' UNION ALL SELECT 6, 'clientarea:downloads'
    UNION ALL SELECT 7, 'clientarea:knowledgebase' UNION ALL SELECT 8, 'clientarea:network_status'
    UNION ALL SELECT 9, 'clientarea:services' UNION ALL SELECT 10, 'clientarea:product_details'
    UNION ALL SELECT 11, 'clientarea:domains' UNION ALL SELECT 12, 'clientarea:domain_details'
    UNION ALL SELECT 13, 'clientarea:invoices' UNION ALL SELECT 14, 'clientarea:tickets'
    UNION ALL SELECT 15, 'clientarea:submit_ticket' UNION ALL SELECT 16, 'clientarea:shopping_cart'
    UNION ALL SELECT 17, 'clientarea:shopping_cart_addons' UNION ALL SELECT 18, 'clientarea:shopping_cart_domain_register'
    UNION ALL SELECT 19, 'clientarea:shopping_cart_domain_transfer' UNION ALL SELECT 20, 'openid'
    UNION ALL SELECT 21, 'profile' UNION ALL SELECT 22, 'email'
  ) AS documented
  WHERE NOT EXISTS (SELECT 1 FROM `tbloauthserver_scopes`) ORDER BY documented.`position`;
