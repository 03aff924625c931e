-- The sequential numbers that paid invoices were given, one row for each number. WHMCS stores only the written number, in which
-- neither a gap nor a double can be recognized. Rows are never changed or deleted: a number that was given stays taken.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_invoice_numbers` (
  `invoice_id` int NOT NULL,
  -- The year or the month in which the sequence began at 1, such as 2026 or 2026-11; empty if it never begins again.
  `series` varchar(7) NOT NULL,
  `number` bigint NOT NULL,
  -- The number before it in its series, 0 for the first one. If the operator sets the counter to a higher number, these differ
  -- by more than 1, and nothing is missing.
  `follows` bigint NOT NULL,
  -- As it is in tblinvoices.invoicenum.
  `written` varchar(255) NOT NULL,
  `given_on` date NOT NULL,
  PRIMARY KEY (`invoice_id`),
  UNIQUE KEY `number` (`series`, `number`),
  UNIQUE KEY `follows` (`series`, `follows`),
  KEY `given_on` (`given_on`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
