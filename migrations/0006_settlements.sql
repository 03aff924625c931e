-- What invoices gave for the money that was paid for them, one row for each amount. What a line has given is the sum of its rows;
-- what it sells less that is given when the invoice is settled, so nothing is given twice, and nothing is forgotten when a
-- status is set by hand, a line is changed after its payment, or a payment is charged back and made again.
--
-- Rows are never changed. A reversal is a row of its own with a negative amount, which names the row that it reverses.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_settlements` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  `client_id` int NOT NULL,
  `invoice_id` int NOT NULL,
  -- The line that gave it, or 0 for the invoice as a whole.
  `line_id` int NOT NULL DEFAULT 0,
  -- The line's type, 'Overpayment' (money beyond the total, which became credit) or 'Waiver' (what was left to pay when
  -- somebody set the invoice Paid).
  `kind` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- What the line is about, such as an invoice or a service, or 0.
  `related_id` int NOT NULL DEFAULT 0,
  `amount` decimal(16,2) NOT NULL,
  -- By how much the client's balance changed with it. Where that is more than the amount, credit was reversed that the
  -- client still has, unless somebody took it back with AddCredit.
  `credited` decimal(16,2) NOT NULL DEFAULT 0.00,
  -- The row of tblaccounts that caused it, or 0.
  `payment_id` int NOT NULL DEFAULT 0,
  -- The row that it reverses, or 0.
  `reverses_id` bigint NOT NULL DEFAULT 0,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  KEY `invoice_id` (`invoice_id`),
  KEY `client_id` (`client_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
