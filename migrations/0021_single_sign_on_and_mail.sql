-- Single sign-on, tokens of programs, and mails that become tickets.

-- Tokens by which a user is logged in at the operator's portal, once and within a minute (CreateSsoToken). WHMCS's own tables of
-- tokens are never written.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_sso_tokens` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  -- The SHA-256 sum of the token.
  `token_hash` binary(32) NOT NULL,
  `user_id` int NOT NULL,
  -- The client for whom the user acts; 0 if they choose one.
  `client_id` int NOT NULL,
  -- Where the user is sent: the name of the destination, the service or domain that it is about or 0, and its path.
  `destination` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `related_id` int NOT NULL DEFAULT 0,
  `path` text NOT NULL,
  `created_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `used_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `token_hash` (`token_hash`),
  KEY `expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What an OAuth credential of the grant type client_credentials may call, and whose rights bound that.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_oauth_grants` (
  -- tbloauthserver_clients.id
  `credential_id` int NOT NULL,
  -- tbldeviceauth.id: the API credential that made it.
  `maker_id` int NOT NULL,
  -- Names of actions, separated by spaces.
  `actions` text NOT NULL,
  PRIMARY KEY (`credential_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The tokens that were given for these credentials.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_oauth_tokens` (
  -- The SHA-256 sum of the token.
  `token_hash` binary(32) NOT NULL,
  `credential_id` int NOT NULL,
  -- Names of actions, separated by spaces: those that the token was asked for.
  `actions` text NOT NULL,
  `expires_at` datetime NOT NULL,
  PRIMARY KEY (`token_hash`),
  KEY `credential_id` (`credential_id`),
  KEY `expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The mails that were taken (`whmcs-api mail receive`), by which one that is delivered twice is recognized, and senders of very
-- many are.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_received_mails` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  -- The SHA-256 sum of what identifies the message, and of the department.
  `message_hash` binary(32) NOT NULL,
  -- The address of the sender in small letters, cut to the column.
  `sender` varchar(191) NOT NULL,
  `ticket_id` int NOT NULL DEFAULT 0,
  `received_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `message_hash` (`message_hash`),
  KEY `sender` (`sender`, `received_at`),
  KEY `received_at` (`received_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Tables of WHMCS, which are created only in a database without it.

-- Every mail to the support desk, and what became of it.
CREATE TABLE IF NOT EXISTS `tblticketmaillog` (
  `id` int NOT NULL AUTO_INCREMENT,
  `date` timestamp NOT NULL DEFAULT '0000-00-00 00:00:00',
  `to` text NOT NULL,
  `cc` text NOT NULL,
  `name` text NOT NULL,
  `email` text NOT NULL,
  `subject` text NOT NULL,
  `message` text NOT NULL,
  `status` text NOT NULL,
  `attachment` text NOT NULL,
  PRIMARY KEY (`id`),
  KEY `date` (`date`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Lines of mails below which there is only what was answered.
CREATE TABLE IF NOT EXISTS `tblticketbreaklines` (
  `id` int NOT NULL AUTO_INCREMENT,
  `breakline` text NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
