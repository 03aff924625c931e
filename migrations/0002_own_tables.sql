-- The server's own tables. WHMCS knows nothing of them; their prefix is its convention for third parties.

-- One row for each writing call. Inserted by the first statement of its transaction and completed with its reply by
-- the last one: what this table says is what was committed, so a call whose COMMIT got no answer can be
-- asked for, and is never applied twice. The key is random, or made from the key that the client sent; the fingerprint
-- tells whether a key comes back with another request.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_requests` (
  `request_key` binary(32) NOT NULL,
  `fingerprint` binary(32) NOT NULL,
  `format` varchar(4) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  `reply` mediumblob,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`request_key`),
  KEY `created_at` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One row for each thing whose writers must queue up, such as the books of one client. Every writing call first
-- raises the number: a change is what all clustered engines detect, where a lock is only held on one node.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_revisions` (
  `subject` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `revision` bigint NOT NULL,
  PRIMARY KEY (`subject`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What a credential has beside what tbldeviceauth can say of it. Most have no row here.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_credentials` (
  `credential_id` int NOT NULL,
  `disabled` tinyint(1) NOT NULL DEFAULT 0,
  -- Addresses and networks, separated by spaces; empty for all that may call at all.
  `allowed_addresses` text NOT NULL,
  `expires_at` datetime DEFAULT NULL,
  -- The hashes from before the last rotation, and until when they hold.
  `previous_secret` varchar(255) NOT NULL DEFAULT '',
  `previous_compat_secret` varchar(255) NOT NULL DEFAULT '',
  `previous_until` datetime DEFAULT NULL,
  PRIMARY KEY (`credential_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Mails that are still to be sent, or that could not be: one row for each such row of tblemails. Whoever sends one first
-- claims it, with a random number that is read back, so that only one does. `due_at` is when it may be tried, and while it
-- is being sent, when nobody need wait for that any more.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_outbox` (
  `email_id` int NOT NULL,
  `sender_name` varchar(255) NOT NULL DEFAULT '',
  `sender_address` varchar(255) NOT NULL DEFAULT '',
  `is_plain` tinyint(1) NOT NULL DEFAULT 0,
  `attempts` int NOT NULL DEFAULT 0,
  `is_sending` tinyint(1) NOT NULL DEFAULT 0,
  `is_failed` tinyint(1) NOT NULL DEFAULT 0,
  `claim` binary(16) NOT NULL DEFAULT '',
  `due_at` datetime NOT NULL,
  PRIMARY KEY (`email_id`),
  KEY `due_at` (`is_failed`, `is_sending`, `due_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What modules are asked to do: one row for each command about a service, inserted by the transaction that asks for it.
-- Whoever asks the module first raises `attempts`, which only one can do, and moves `due_at` to when it must be over.
-- `outcome` is empty while it is to be done, then 'success', 'failed' or 'superseded' by a later command.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_module_calls` (
  `id` int NOT NULL AUTO_INCREMENT,
  `request_key` binary(32) NOT NULL,
  `service_id` int NOT NULL,
  -- The order that is accepted when its services are there, or 0.
  `order_id` int NOT NULL DEFAULT 0,
  `module` varchar(64) NOT NULL,
  `command` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- A JSON object of what the command needs to know beside the service.
  `arguments` text NOT NULL,
  `admin_id` int NOT NULL,
  `user` varchar(255) NOT NULL,
  `address` varchar(64) NOT NULL,
  `attempts` int NOT NULL DEFAULT 0,
  `is_running` tinyint(1) NOT NULL DEFAULT 0,
  `due_at` datetime NOT NULL,
  `outcome` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- What the module said last.
  `message` text NOT NULL,
  -- The row of tblmodulequeue, once it failed, or 0.
  `queue_id` int NOT NULL DEFAULT 0,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  KEY `request_key` (`request_key`),
  KEY `outcome` (`outcome`, `due_at`),
  KEY `service_id` (`service_id`),
  KEY `order_id` (`order_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
