-- What a person is asked before a plan is confirmed: in words, what the plan found. A server of an older version leaves it empty.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'mod_whmcs_api_agent_plans' AND column_name = 'summary') > 0, 'DO 0',
  'ALTER TABLE `mod_whmcs_api_agent_plans` ADD COLUMN `summary` varchar(1000) NOT NULL DEFAULT ''''');
PREPARE `change` FROM @change;
EXECUTE `change`;
DEALLOCATE PREPARE `change`;
