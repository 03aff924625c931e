-- Sessions of FOSSBilling's API, in which browsers log in and fill carts. All servers share them.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_fossbilling_sessions` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  -- The SHA-256 sum of the cookie.
  `token_hash` binary(32) NOT NULL,
  -- The SHA-256 sum of the token against forged requests.
  `csrf_hash` binary(32) NOT NULL,
  -- The client who is logged in; 0 for none.
  `client_id` int NOT NULL DEFAULT 0,
  -- The cart, as JSON; empty for none.
  `cart` mediumtext NOT NULL,
  `created_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `token_hash` (`token_hash`),
  KEY `client_id` (`client_id`),
  KEY `expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
