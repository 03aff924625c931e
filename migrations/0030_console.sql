-- Sessions of staff at the console. A row ends with the session; those that have ended are deleted after a day.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_console_sessions` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  -- SHA-256 of the token in the cookie.
  `token_hash` binary(32) NOT NULL,
  -- tbladmins.id
  `admin_id` int NOT NULL,
  -- SHA-256 of what the member of staff logged in with: once their password or role changes, the session has ended.
  `login_hash` binary(32) NOT NULL,
  `address` varchar(45) NOT NULL DEFAULT '',
  `user_agent` varchar(200) NOT NULL DEFAULT '',
  -- These are in UTC. `seen_at` is written once a minute at most.
  `created_at` datetime NOT NULL,
  `seen_at` datetime NOT NULL,
  `ends_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `token_hash` (`token_hash`),
  KEY `admin_id` (`admin_id`),
  KEY `ends_at` (`ends_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The forms of the console that were sent: each can be sent once.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_console_forms` (
  -- SHA-256 of the token of the form.
  `token_hash` binary(32) NOT NULL,
  `session_id` bigint NOT NULL,
  PRIMARY KEY (`token_hash`),
  KEY `session_id` (`session_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The second factors of staff (TOTP, RFC 6238).
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_console_factors` (
  -- tbladmins.id
  `id` int NOT NULL,
  -- The shared secret, sealed with a key of the operator.
  `secret` varchar(255) NOT NULL,
  -- The number of the last step whose code was accepted: a code is accepted once.
  `last_step` bigint NOT NULL DEFAULT 0,
  -- UTC.
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Links with which staff set up their log-in at the console. A link works once.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_console_invitations` (
  -- SHA-256 of the token in the link.
  `token_hash` binary(32) NOT NULL,
  -- tbladmins.id; 0 for the first administrator, who is created.
  `admin_id` int NOT NULL,
  -- Whether the link sets the password, too.
  `sets_password` tinyint(1) NOT NULL DEFAULT 0,
  -- UTC.
  `expires_at` datetime NOT NULL,
  PRIMARY KEY (`token_hash`),
  KEY `admin_id` (`admin_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
