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
