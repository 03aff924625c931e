-- Commands to gateways that move money, one row for each: charges of invoices and refunds of payments. An entry of the outbox sends the
-- command; this row says what became of the money, and keeps a second command about the same thing from being sent meanwhile.
--
-- `state` is 'open' until the command is first sent, 'sent' until the gateway has answered, then 'succeeded', 'pending' (the gateway will tell), 'failed' or 'superseded' (it
-- was never sent); 'unknown' if an operator has to find out.
CREATE TABLE IF NOT EXISTS `mod_whmcs_api_charges` (
  `id` int NOT NULL AUTO_INCREMENT,
  -- 'capture' or 'refund'.
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `client_id` int NOT NULL,
  -- The invoice, or 0 for a refund of a payment without one.
  `invoice_id` int NOT NULL DEFAULT 0,
  -- The payment that is refunded (tblaccounts), or 0.
  `payment_id` int NOT NULL DEFAULT 0,
  -- The way to pay (tblpaymethods), or 0 for a refund.
  `pay_method_id` int NOT NULL DEFAULT 0,
  `gateway` varchar(64) NOT NULL,
  -- What is charged or refunded. A charge takes what is left to pay when it is first sent, which stays its amount.
  `amount` decimal(16,2) NOT NULL DEFAULT 0.00,
  `state` varchar(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'open',
  -- While the command is open or its outcome unknown: what it is about, such as 'invoice:12' or 'payment:34'. No two open commands
  -- are about the same.
  `open_subject` varchar(32) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  -- The gateway's id of what it did.
  `transaction_id` varchar(255) NOT NULL DEFAULT '',
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `open_subject` (`open_subject`),
  KEY `client_id` (`client_id`),
  KEY `invoice_id` (`invoice_id`),
  KEY `payment_id` (`payment_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
