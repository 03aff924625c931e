-- A reply with a secret is kept here, sealed with a key of the operator, and not in `reply`; empty if there was no key. A server of
-- an older version leaves the column at its default, and answers that such a call is in progress.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'mod_whmcs_api_requests' AND column_name = 'sealed_reply') > 0, 'DO 0',
  'ALTER TABLE `mod_whmcs_api_requests` ADD COLUMN `sealed_reply` mediumtext CHARACTER SET ascii COLLATE ascii_bin');
PREPARE `change` FROM @change;
EXECUTE `change`;
DEALLOCATE PREPARE `change`;
