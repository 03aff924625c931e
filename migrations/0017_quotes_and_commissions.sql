-- The invoices that accepted quotes became. WHMCS stores nowhere which invoice a quote became, so a second acceptance would bill it again.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_quote_invoices` (
  `quote_id` int NOT NULL,
  `invoice_id` int NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`quote_id`, `invoice_id`),
  KEY `invoice_id` (`invoice_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The commissions that paid lines of invoices gave to affiliates, one row at most for each settlement entry, so that a line gives its
-- commission once. Rows are never changed: what is taken back is a row of its own with negative amounts.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_commissions` (
  -- The row of mod_whmcs_api_settlements.
  `entry_id` bigint NOT NULL,
  `affiliate_id` int NOT NULL,
  -- The row of tblaffiliatesaccounts: the service that the affiliate brought.
  `account_id` int NOT NULL,
  `invoice_id` int NOT NULL,
  `line_id` int NOT NULL,
  -- What was paid for the line, in the currency of its client.
  `paid` decimal(16,2) NOT NULL,
  -- The commission, in the currency of the affiliate.
  `amount` decimal(16,2) NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`entry_id`),
  KEY `invoice_id` (`invoice_id`),
  KEY `affiliate_id` (`affiliate_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
