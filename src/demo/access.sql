-- Who may call: the host's staff, with the password DemoPassword, and the published credential.
SET SESSION sql_mode = '';

UPDATE tbladmins SET passwordhash = '$argon2id$v=19$m=19456,t=2,p=1$4LKSv2woJc4w1iVzcbgkZQ$QcgzCZjwZzXpMC59jzcxI6Gy2SKVu4t7OwzutO13GkA';

INSERT INTO tbladminperms (roleid, permid) VALUES (1, 81);

INSERT INTO tblapi_roles (id, role, description, permissions, created_at) VALUES
  (1, 'Everything', 'May call every action', '{"*":1}', '2019-01-07 09:05:00');

INSERT INTO tbldeviceauth (identifier, secret, user_id, is_admin, role_ids, description, created_at) VALUES
  ('DemoIdentifier000000000000000001',
   '$argon2id$v=19$m=19456,t=2,p=1$fuZvJ+R3zLheqGM/9X7/bQ$KV+q9HGco6sQPJNgvTzVi7Ce6jTe4XNY78qN2cb572E',
   1, 1, '[1]', 'Demo', '2019-01-07 09:06:00');

-- DemoAdminKey00000000000000000001, and of client 1 DemoClientKey0000000000000000001.
INSERT INTO mod_whmcs_api_fossbilling_keys (key_hash, credential_id, client_id, created_at)
  SELECT UNHEX(SHA2('DemoAdminKey00000000000000000001', 256)), id, 0, '2019-01-07 09:07:00'
  FROM tbldeviceauth WHERE identifier = 'DemoIdentifier000000000000000001';

INSERT INTO mod_whmcs_api_fossbilling_keys (key_hash, credential_id, client_id, created_at) VALUES
  (UNHEX(SHA2('DemoClientKey0000000000000000001', 256)), 0, 1, '2019-01-07 09:07:00');

-- Two endpoints of webhooks and a reader, which are told of tests alone.
INSERT INTO mod_whmcs_api_webhooks (id, kind, url, events, description, secret, previous_secret, created_at, updated_at) VALUES
  (1, 'push', 'https://hooks.example.com/whmcs', 'WebhookTest', 'Bookkeeping', '', '', '2026-11-01 09:00:00', '2026-11-01 09:00:00'),
  (2, 'pull', '', 'WebhookTest', 'Reports', '', '', '2026-11-01 09:00:00', '2026-11-01 09:00:00'),
  (3, 'push', 'https://old.example.com/whmcs', 'WebhookTest', 'The former shop', '', '', '2026-11-01 09:00:00', '2026-11-01 09:00:00');
