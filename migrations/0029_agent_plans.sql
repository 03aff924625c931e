-- What agents have planned and may confirm. A row is of use for five minutes.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_agent_plans` (
  -- The hash of the nonce, the caller, the call and its outcome: the plan can be confirmed while that outcome is the same.
  `digest` binary(32) NOT NULL,
  `nonce` binary(16) NOT NULL,
  -- tbldeviceauth.id
  `credential_id` int NOT NULL,
  `expires_at` datetime NOT NULL,
  PRIMARY KEY (`digest`),
  KEY `expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
