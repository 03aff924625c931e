-- How long each call took, in microseconds: NULL for calls that a server of an older version has indexed.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'mod_whmcs_api_calls' AND column_name = 'took') > 0, 'DO 0',
  'ALTER TABLE `mod_whmcs_api_calls` ADD COLUMN `took` int unsigned DEFAULT NULL');
PREPARE `change` FROM @change;
EXECUTE `change`;
DEALLOCATE PREPARE `change`;

-- The newest entries of the outbox in a state and of a kind: the key ends with the id.
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = 'mod_whmcs_api_outbox_entries' AND index_name = 'newest') > 0, 'DO 0',
  'ALTER TABLE `mod_whmcs_api_outbox_entries` ADD KEY `newest` (`state`, `kind`)');
PREPARE `change` FROM @change;
EXECUTE `change`;
DEALLOCATE PREPARE `change`;
