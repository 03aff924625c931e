-- Keys with which programs call FOSSBilling's API.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_fossbilling_keys` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  -- The SHA-256 sum of the key, which has so many random bits that its sum reveals nothing.
  `key_hash` binary(32) NOT NULL,
  -- tbldeviceauth.id: the API credential whose roles, addresses and limits the key of an administrator has; 0 for a client's.
  `credential_id` int NOT NULL DEFAULT 0,
  -- tblclients.id; 0 for the key of an administrator.
  `client_id` int NOT NULL DEFAULT 0,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `key_hash` (`key_hash`),
  KEY `client_id` (`client_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The key with which the hashes of invoices are made, so that nobody can guess one: a single row.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_fossbilling_secrets` (
  `id` int NOT NULL,
  `secret` binary(32) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
