-- Sessions of FOSSBilling's API: of clients who have logged in, and of guests who fill a cart.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_fossbilling_sessions` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  -- The SHA-256 sum of the cookie, which has so many random bits that its sum reveals nothing.
  `cookie_hash` binary(32) NOT NULL,
  -- tblclients.id; 0 for a guest.
  `client_id` int NOT NULL DEFAULT 0,
  -- tblusers.id: who has logged in; 0 for a guest.
  `user_id` int NOT NULL DEFAULT 0,
  -- The SHA-256 sum of the user's password as it is stored, so that another password ends the session; zeros for a guest.
  `password_sum` binary(32) NOT NULL,
  -- The network address from which the session began, of an IPv6 address the first half.
  `address` varchar(45) NOT NULL DEFAULT '',
  `created_at` datetime NOT NULL,
  -- Accurate to some minutes.
  `used_at` datetime NOT NULL,
  -- The items of the cart with the currency and the promotion code, as JSON; NULL without a cart.
  `cart` mediumtext,
  PRIMARY KEY (`id`),
  UNIQUE KEY `cookie_hash` (`cookie_hash`),
  KEY `client_id` (`client_id`),
  KEY `address` (`address`),
  KEY `used_at` (`used_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
