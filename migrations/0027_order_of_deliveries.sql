-- By what is unfinished about each subject of a target. Without it, the search for the first delivery about a subject reads all
-- deliveries about it, of 30 days and to all endpoints.
SET @change = IF((SELECT COUNT(*) FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = 'mod_whmcs_api_outbox_entries' AND index_name = 'in_order') > 0, 'DO 0',
  'ALTER TABLE `mod_whmcs_api_outbox_entries` ADD KEY `in_order` (`kind`, `target`, `state`, `subject`, `subject_id`)');
PREPARE `change` FROM @change;
EXECUTE `change`;
DEALLOCATE PREPARE `change`;
