-- `asked_until` is set while an endpoint of the operator is asked to carry out a call, whose row has no reply yet: until then no other
-- call with the same key asks. Its microseconds tell whose reservation it is. If the answer is not known, it is the time at which
-- that was found. A server of an older version leaves the column at its default. MySQL has no ADD COLUMN IF NOT EXISTS, so whether
-- the column is there is looked up, in case this is run again.
SET @change = IF((SELECT COUNT(*) FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'mod_whmcs_api_requests' AND column_name = 'asked_until') > 0, 'DO 0',
  'ALTER TABLE `mod_whmcs_api_requests` ADD COLUMN `asked_until` datetime(6) DEFAULT NULL');
PREPARE `change` FROM @change;
EXECUTE `change`;
DEALLOCATE PREPARE `change`;
