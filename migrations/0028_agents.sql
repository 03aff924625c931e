-- Agents, which call through the Model Context Protocol.

-- What a credential may do there. One without a row may read.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_agents` (
  -- tbldeviceauth.id
  `credential_id` int NOT NULL,
  `may_write` tinyint NOT NULL DEFAULT 0,
  -- The most that one call may change in the books, in the default currency; NULL for no limit.
  `call_limit` decimal(16,2) DEFAULT NULL,
  -- The most that all calls of a day may change.
  `day_limit` decimal(16,2) DEFAULT NULL,
  PRIMARY KEY (`credential_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What the calls of a day have changed in the books. It is written in the transactions of the calls.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_agent_days` (
  `credential_id` int NOT NULL,
  `day` date NOT NULL,
  `amount` decimal(16,2) NOT NULL,
  PRIMARY KEY (`credential_id`, `day`),
  KEY `day` (`day`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
