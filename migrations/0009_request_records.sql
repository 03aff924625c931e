-- What a writing call needs to be recorded with one row, which its transaction inserts at its end. A server of an older version
-- may run beside: it leaves the new columns at their defaults. MySQL has no ADD COLUMN IF NOT EXISTS, so whether a column is there
-- is looked up, in case this is run again.

-- `nonce` is random, and set by the transaction that has locked the subject: whoever finds its own nonce still has the lock.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'mod_whmcs_api_revisions' AND column_name = 'nonce') > 0, 'DO 0',
  'ALTER TABLE `mod_whmcs_api_revisions` ADD COLUMN `nonce` binary(16) NOT NULL DEFAULT ''''');
PREPARE `change` FROM @change;
EXECUTE `change`;
DEALLOCATE PREPARE `change`;

-- `log` is the record of the call for the API log, as JSON, until it has been moved there. The new index finds such rows, and by
-- their time the others. Servers of an older version use the index on the time alone, so it stays.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'mod_whmcs_api_requests' AND column_name = 'is_log_pending') > 0, 'DO 0',
  'ALTER TABLE `mod_whmcs_api_requests` ADD COLUMN `log` mediumblob, ADD COLUMN `is_log_pending` tinyint(1) NOT NULL DEFAULT 0,
    ADD KEY `log` (`is_log_pending`, `created_at`)');
PREPARE `change` FROM @change;
EXECUTE `change`;
DEALLOCATE PREPARE `change`;
