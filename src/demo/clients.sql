-- The host's clients, on 20 November 2026. The books are in order: every balance is the sum of its history, and every paid
-- invoice has its payment.
SET SESSION sql_mode = '';

INSERT INTO tblclients (id, uuid, firstname, lastname, companyname, email, address1, city, state, postcode, country,
                        phonenumber, tax_id, currency, defaultgateway, credit, taxexempt, datecreated, status, language, groupid, email_verified, created_at, updated_at) VALUES
  (1, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0001', 'Ana', 'Ferreira', '', 'ana.ferreira@example.com', 'Rua das Flores 21', 'Lisboa', 'Lisboa', '1200-192', 'PT',
   '+351.912345678', '', 1, 'paypal', 111.11, 0, '2019-02-11', 'Active', 'portuguese', 1, 1, '2019-02-11 18:20:05', '2026-02-19 09:41:30'),
  (2, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0002', 'James', 'Carter', 'Carter Roofing LLC', 'office@carter-roofing.example', '418 Alder Street', 'Portland', 'Oregon', '97205', 'US',
   '+1.5035550142', '', 2, 'stripe', 0.00, 0, '2020-06-30', 'Active', 'english', 0, 1, '2020-06-30 15:02:41', '2024-06-15 10:02:00'),
  (3, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0003', 'Marie', 'Tremblay', '', 'marie.tremblay@example.org', '77 rue Saint-Jean', 'Quebec', 'Quebec', 'G1R 1N8', 'CA',
   '+1.4185550177', '', 2, 'stripe', 25.00, 0, '2021-03-15', 'Active', 'french', 0, 1, '2021-03-15 12:11:09', '2026-05-20 09:31:00'),
  (4, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0004', 'Łukasz', 'Żak', 'Müller & Söhne GmbH', 'it@mueller-soehne.example', 'Hafenstraße 3', 'Hamburg', '', '20457', 'DE',
   '+49.405550123', 'DE999999999', 1, 'banktransfer', 0.00, 1, '2021-11-02', 'Active', 'german', 1, 1, '2021-11-02 08:45:30', '2021-11-02 08:45:30'),
  (5, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0005', 'Inês', 'Costa', 'Padaria Costa', 'ines@padariacosta.example', 'Av. da Liberdade 100', 'Braga', 'Braga', '4710-251', 'PT',
   '+351.253555010', 'PT999999990', 1, 'banktransfer', 0.00, 0, '2022-09-19', 'Inactive', 'portuguese', 2, 1, '2022-09-19 10:30:00', '2026-07-20 09:00:00'),
  (6, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0006', 'Oliver', 'Brown', '', 'oliver.brown@example.net', '5 Mill Lane', 'Leeds', 'West Yorkshire', 'LS1 4AP', 'GB',
   '+44.1135550199', '', 1, 'paypal', 0.00, 0, '2018-05-04', 'Closed', 'english', 0, 0, '2018-05-04 21:17:54', '2024-06-01 10:05:00'),
  (7, '5b1c4f0e-6f0e-4c63-9a55-0d7f3a1c0007', 'Łukasz', 'Żak', '', 'lukasz.zak@example.org', 'Hafenstraße 9', 'Hamburg', '', '20457', 'DE',
   '+49.405550124', '', 1, 'paypal', 0.00, 0, '2026-11-19', 'Active', 'german', 0, 1, '2026-11-19 17:05:12', '2026-11-19 17:05:12');

-- One invoice at least in every status.
INSERT INTO tblinvoices (id, userid, invoicenum, date, duedate, datepaid, date_refunded, date_cancelled, subtotal, credit, tax, tax2, total, taxrate, taxrate2, status, paymentmethod, notes, created_at, updated_at) VALUES
  (1, 1, '', '2019-02-11', '2019-02-11', '2019-02-11 18:26:40', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 40.00, 0.00, 9.20, 0.00, 49.20, 23.000, 0.000, 'Paid', 'paypal', '', '2019-02-11 18:24:00', '2019-02-11 18:26:40'),
  (2, 2, '', '2021-03-30', '2021-03-30', '2021-03-30 16:12:05', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 176.00, 0.00, 0.00, 0.00, 176.00, 0.000, 0.000, 'Paid', 'stripe', '', '2021-03-30 16:10:00', '2021-03-30 16:12:05'),
  (3, 3, '', '2022-11-10', '2022-11-10', '2022-11-10 14:33:51', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 93.00, 0.00, 4.65, 9.28, 106.93, 5.000, 9.975, 'Paid', 'stripe', '', '2022-11-10 14:31:00', '2022-11-10 14:33:51'),
  (4, 5, '', '2023-06-19', '2023-07-03', '2023-06-22 10:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 110.99, 0.00, 25.53, 0.00, 136.52, 23.000, 0.000, 'Paid', 'banktransfer', '', '2023-06-19 06:00:07', '2023-06-22 10:00:00'),
  (5, 6, '', '2023-05-04', '2023-05-04', '2023-05-04 21:25:30', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 51.99, 0.00, 0.00, 0.00, 51.99, 0.000, 0.000, 'Paid', 'paypal', '', '2023-05-04 21:23:00', '2023-05-04 21:25:30'),
  (6, 4, '', '2021-11-02', '2021-11-16', '2021-11-05 09:30:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 437.99, 0.00, 0.00, 0.00, 437.99, 0.000, 0.000, 'Paid', 'banktransfer', 'Reverse charge', '2021-11-02 06:00:07', '2021-11-05 09:30:00'),
  (7, 2, '', '2024-06-15', '2024-06-15', '2024-06-15 10:06:12', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 50.59, 0.00, 0.00, 0.00, 50.59, 0.000, 0.000, 'Paid', 'stripe', '', '2024-06-15 10:04:00', '2024-06-15 10:06:12'),
  (8, 1, '', '2021-08-03', '2021-08-03', '2021-08-03 20:14:09', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 21.00, 0.00, 4.83, 0.00, 25.83, 23.000, 0.000, 'Paid', 'paypal', '', '2021-08-03 20:12:00', '2021-08-03 20:14:09'),
  (9, 3, '', '2025-01-20', '2025-01-20', '2025-01-20 13:40:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 12.99, 0.00, 0.65, 1.30, 14.94, 5.000, 9.975, 'Paid', 'stripe', '', '2025-01-20 13:38:00', '2025-01-20 13:40:00'),
  (12, 1, '', '2026-01-05', '2026-01-05', '2026-01-05 19:42:10', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 150.00, 0.00, 0.00, 0.00, 150.00, 0.000, 0.000, 'Paid', 'paypal', '', '2026-01-05 19:40:00', '2026-01-05 19:42:10'),
  (13, 3, '', '2026-01-06', '2026-01-20', '2026-01-10 12:01:44', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 12.99, 0.00, 0.65, 1.30, 14.94, 5.000, 9.975, 'Paid', 'stripe', '', '2026-01-06 06:00:07', '2026-01-10 12:01:44'),
  (14, 1, '', '2026-02-11', '2026-02-25', '2026-02-11 06:00:12', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 39.75, 48.89, 9.14, 0.00, 0.00, 23.000, 0.000, 'Paid', 'paypal', '', '2026-02-11 06:00:10', '2026-02-11 06:00:12'),
  (30, 2, '', '2026-03-01', '2026-03-15', '2026-03-02 06:10:02', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 37.60, 0.00, 0.00, 0.00, 37.60, 0.000, 0.000, 'Paid', 'stripe', '', '2026-03-01 06:00:07', '2026-03-02 06:10:02'),
  (31, 2, '', '2026-03-30', '2026-04-13', '2026-04-02 15:20:44', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 176.00, 0.00, 0.00, 0.00, 176.00, 0.000, 0.000, 'Paid', 'stripe', '', '2026-03-30 06:00:08', '2026-04-02 15:20:44'),
  (40, 3, '', '2026-05-15', '2026-05-29', '2026-05-16 11:05:00', '2026-05-20 09:30:00', '0000-00-00 00:00:00', 65.00, 0.00, 3.25, 6.48, 74.73, 5.000, 9.975, 'Refunded', 'stripe', 'Migrated by the client in the end', '2026-05-15 06:00:07', '2026-05-20 09:30:00'),
  (48, 2, '', '2026-06-01', '2026-06-15', '2026-06-02 06:10:03', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 50.59, 0.00, 0.00, 0.00, 50.59, 0.000, 0.000, 'Paid', 'stripe', '', '2026-06-01 06:00:07', '2026-06-02 06:10:03'),
  (52, 5, '', '2026-06-19', '2026-07-03', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 99.00, 0.00, 22.77, 0.00, 121.77, 23.000, 0.000, 'Collections', 'banktransfer', '', '2026-06-19 06:00:09', '2026-10-01 09:00:00'),
  (60, 2, '', '2026-09-01', '2026-09-15', '2026-09-02 06:10:02', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 37.60, 0.00, 0.00, 0.00, 37.60, 0.000, 0.000, 'Paid', 'stripe', '', '2026-09-01 06:00:07', '2026-09-02 06:10:02'),
  (66, 1, '', '2026-11-16', '2026-11-30', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 11.99, 0.00, 2.76, 0.00, 14.75, 23.000, 0.000, 'Unpaid', 'banktransfer', '', '2026-11-16 06:00:08', '2026-11-16 06:00:08'),
  (71, 4, '', '2026-11-02', '2026-11-16', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 1290.00, 0.00, 0.00, 0.00, 1290.00, 0.000, 0.000, 'Payment Pending', 'banktransfer', 'Reverse charge', '2026-11-02 06:00:11', '2026-11-12 14:00:00'),
  (80, 6, '', '2024-05-04', '2024-05-18', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '2024-06-01 10:00:00', 40.00, 0.00, 0.00, 0.00, 40.00, 0.000, 0.000, 'Cancelled', 'paypal', '', '2024-05-04 06:00:06', '2024-06-01 10:00:00'),
  (81, 6, '', '2024-05-28', '2024-05-28', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '2024-05-29 09:10:00', 8.00, 0.00, 0.00, 0.00, 8.00, 0.000, 0.000, 'Cancelled', 'paypal', '', '2024-05-28 23:12:40', '2024-05-29 09:10:00'),
  (82, 5, '', '2026-03-02', '2026-03-16', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '2026-03-09 15:45:00', 60.00, 0.00, 13.80, 0.00, 73.80, 23.000, 0.000, 'Cancelled', 'banktransfer', '', '2026-03-02 11:20:00', '2026-03-09 15:45:00'),
  (95, 3, '', '2026-11-10', '2026-11-24', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 93.00, 0.00, 4.65, 9.28, 106.93, 5.000, 9.975, 'Unpaid', 'stripe', '', '2026-11-10 06:00:10', '2026-11-14 18:00:00'),
  (127, 7, '', '2026-11-19', '2026-11-19', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 32.00, 0.00, 6.08, 0.00, 38.08, 19.000, 0.000, 'Unpaid', 'paypal', '', '2026-11-19 17:08:31', '2026-11-19 17:08:31'),
  (128, 4, '', '2026-11-20', '2026-12-01', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 45.00, 0.00, 0.00, 0.00, 45.00, 0.000, 0.000, 'Unpaid', 'banktransfer', '', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  (129, 2, '', '2026-11-20', '2026-12-04', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 65.00, 0.00, 0.00, 0.00, 65.00, 0.000, 0.000, 'Draft', 'stripe', 'Ask James before sending', '2026-11-20 10:12:13', '2026-11-20 10:12:13');

INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount, taxed, duedate, paymentmethod) VALUES
  (1, 1, 'Hosting', 1, 'Starter - ferreira.example.com (11/02/2019 - 10/02/2020)', 40.00, 1, '2019-02-11', 'paypal'),
  (2, 2, 'Hosting', 2, 'VPS M - vps1.carter-roofing.example (30/03/2021 - 29/03/2022)', 176.00, 0, '2021-03-30', 'stripe'),
  (3, 3, 'Hosting', 3, 'VPS S - tremblay.example (10/11/2022 - 09/11/2023)', 93.00, 1, '2022-11-10', 'stripe'),
  (4, 5, 'Hosting', 4, 'Business - padariacosta.example (19/06/2023 - 18/06/2024)', 99.00, 1, '2023-06-19', 'banktransfer'),
  (4, 5, 'DomainRegister', 30, 'Register Domain - padariacosta.example - 1 year (19/06/2023 - 18/06/2024)', 11.99, 1, '2023-06-19', 'banktransfer'),
  (5, 6, 'Hosting', 6, 'Starter - oliverbrown.example (04/05/2023 - 03/05/2024)', 40.00, 0, '2023-05-04', 'paypal'),
  (5, 6, 'DomainRegister', 20, 'Register Domain - oliverbrown.example - 1 year (04/05/2023 - 03/05/2024)', 11.99, 0, '2023-05-04', 'paypal'),
  (6, 4, 'Hosting', 9, 'Professional - mueller-soehne.example (02/11/2021 - 01/11/2023)', 378.00, 0, '2021-11-02', 'banktransfer'),
  (6, 4, 'Addon', 2, 'SSL Certificate - mueller-soehne.example (02/11/2021 - 01/11/2023)', 48.00, 0, '2021-11-02', 'banktransfer'),
  (6, 4, 'DomainTransfer', 25, 'Transfer Domain - mueller-soehne.example - 1 year (02/11/2021 - 01/11/2022)', 11.99, 0, '2021-11-02', 'banktransfer'),
  (7, 2, 'Hosting', 7, 'Business - carter-roofing.example (15/06/2024 - 14/09/2024)', 31.00, 0, '2024-06-15', 'stripe'),
  (7, 2, 'Addon', 1, 'Off-site Back-ups - carter-roofing.example (15/06/2024 - 14/09/2024)', 6.60, 0, '2024-06-15', 'stripe'),
  (7, 2, 'DomainRegister', 18, 'Register Domain - carter-roofing.example - 1 year (15/06/2024 - 14/06/2025)', 12.99, 0, '2024-06-15', 'stripe'),
  (8, 1, 'Hosting', 8, 'VPS S - test.ferreira.example.com (03/08/2021 - 02/09/2021)', 12.00, 1, '2021-08-03', 'paypal'),
  (8, 1, 'Addon', 3, 'Priority Support - test.ferreira.example.com (03/08/2021 - 02/09/2021)', 9.00, 1, '2021-08-03', 'paypal'),
  (9, 3, 'DomainRegister', 33, 'Register Domain - tremblay.example - 1 year (20/01/2025 - 19/01/2026)', 12.99, 1, '2025-01-20', 'stripe'),
  (12, 1, 'AddFunds', 0, 'Add Credit', 150.00, 0, '2026-01-05', 'paypal'),
  (13, 3, 'Domain', 33, 'Renew Domain - tremblay.example - 1 year (20/01/2026 - 19/01/2027)', 12.99, 1, '2026-01-20', 'stripe'),
  (14, 1, 'Hosting', 1, 'Starter - ferreira.example.com (11/02/2026 - 10/02/2027)', 40.00, 1, '2026-02-11', 'paypal'),
  (14, 1, 'Item', 0, 'Charged too much in 2025', -0.25, 1, '2026-02-25', 'paypal'),
  (30, 2, 'Hosting', 7, 'Business - carter-roofing.example (15/03/2026 - 14/06/2026)', 31.00, 0, '2026-03-15', 'stripe'),
  (30, 2, 'Addon', 1, 'Off-site Back-ups - carter-roofing.example (15/03/2026 - 14/06/2026)', 6.60, 0, '2026-03-15', 'stripe'),
  (31, 2, 'Hosting', 2, 'VPS M - vps1.carter-roofing.example (30/03/2026 - 29/03/2027)', 176.00, 0, '2026-03-30', 'stripe'),
  (40, 3, 'Item', 0, 'Site Migration', 65.00, 1, '2026-05-29', 'stripe'),
  (48, 2, 'Hosting', 7, 'Business - carter-roofing.example (15/06/2026 - 14/09/2026)', 31.00, 0, '2026-06-15', 'stripe'),
  (48, 2, 'Addon', 1, 'Off-site Back-ups - carter-roofing.example (15/06/2026 - 14/09/2026)', 6.60, 0, '2026-06-15', 'stripe'),
  (48, 2, 'Domain', 18, 'Renew Domain - carter-roofing.example - 1 year (15/06/2026 - 14/06/2027)', 12.99, 0, '2026-06-15', 'stripe'),
  (52, 5, 'Hosting', 4, 'Business - padariacosta.example (19/06/2026 - 18/06/2027)', 99.00, 1, '2026-06-19', 'banktransfer'),
  (60, 2, 'Hosting', 7, 'Business - carter-roofing.example (15/09/2026 - 14/12/2026)', 31.00, 0, '2026-09-15', 'stripe'),
  (60, 2, 'Addon', 1, 'Off-site Back-ups - carter-roofing.example (15/09/2026 - 14/12/2026)', 6.60, 0, '2026-09-15', 'stripe'),
  (66, 1, 'DomainRegister', 37, 'Register Domain - ana-ferreira.example - 1 year (16/11/2026 - 15/11/2027)\n', 11.99, 1, '2026-11-16', 'banktransfer'),
  (71, 4, 'Hosting', 5, 'Dedicated Ryzen - srv1.mueller-soehne.example (02/11/2026 - 01/11/2027)', 1290.00, 0, '2026-11-02', 'banktransfer'),
  (80, 6, 'Hosting', 6, 'Starter - oliverbrown.example (04/05/2024 - 03/05/2025)', 40.00, 0, '2024-05-04', 'paypal'),
  (81, 6, 'Hosting', 10, 'VPS S - vps.oliverbrown.example (28/05/2024 - 27/06/2024)', 8.00, 0, '2024-05-28', 'paypal'),
  (82, 5, 'Hosting', 11, 'Site Migration', 60.00, 1, '2026-03-16', 'banktransfer'),
  (95, 3, 'Hosting', 3, 'VPS S - tremblay.example (10/11/2026 - 09/11/2027)', 93.00, 1, '2026-11-10', 'stripe'),
  (127, 7, 'Hosting', 12, 'Starter - zak.example (19/11/2026 - 18/11/2027)', 40.00, 1, '2026-11-19', 'paypal'),
  (127, 7, 'PromoHosting', 12, 'Promotional Code: WELCOME20 - 20.00% Discount', -8.00, 1, '2026-11-19', 'paypal'),
  (128, 4, '', 2, 'Care of the firewall', 45.00, 1, '2026-12-01', 'banktransfer'),
  (129, 2, '', 0, 'Site Migration', 65.00, 0, '2026-12-04', 'stripe');

INSERT INTO tblaccounts (userid, currency, gateway, date, description, amountin, fees, amountout, rate, transid, invoiceid, refundid) VALUES
  (1, 0, 'paypal', '2026-01-05 19:42:10', 'Invoice Payment', 150.00, 5.45, 0.00, 1.00000, '7XK11223AB4455667', 12, 0),
  (2, 0, 'stripe', '2026-04-02 15:20:44', 'Invoice Payment', 176.00, 5.40, 0.00, 1.08500, 'ch_3NwvDemo0001', 31, 0),
  (3, 0, 'stripe', '2026-05-16 11:05:00', 'Invoice Payment', 74.73, 2.47, 0.00, 1.08500, 'ch_3NwvDemo0002', 40, 0),
  (3, 0, 'stripe', '2026-05-20 09:30:00', 'Refund of Transaction ID ch_3NwvDemo0002', 0.00, 0.00, 74.73, 1.08500, 're_3NwvDemo0002', 40, 3),
  (3, 0, 'stripe', '2026-11-14 18:00:00', 'Invoice Payment', 40.00, 1.46, 0.00, 1.08500, 'ch_3NwvDemo0003', 95, 0),
  (1, 0, 'paypal', '2019-02-11 18:26:40', 'Invoice Payment', 49.20, 2.02, 0.00, 1.00000, '4AB20190211PP0001', 1, 0),
  (2, 0, 'stripe', '2021-03-30 16:12:05', 'Invoice Payment', 176.00, 5.40, 0.00, 1.08500, 'ch_3NwvDemo0010', 2, 0),
  (1, 0, 'paypal', '2021-08-03 20:14:09', 'Invoice Payment', 25.83, 1.23, 0.00, 1.00000, '4AB20210803PP0003', 8, 0),
  (4, 0, 'banktransfer', '2021-11-05 09:30:00', 'Invoice Payment', 437.99, 0.00, 0.00, 1.00000, 'TRF-2021-1102', 6, 0),
  (3, 0, 'stripe', '2022-11-10 14:33:51', 'Invoice Payment', 106.93, 3.40, 0.00, 1.08500, 'ch_3NwvDemo0011', 3, 0),
  (6, 0, 'paypal', '2023-05-04 21:25:30', 'Invoice Payment', 51.99, 2.12, 0.00, 1.00000, '4AB20230504PP0002', 5, 0),
  (5, 0, 'banktransfer', '2023-06-22 10:00:00', 'Invoice Payment', 136.52, 0.00, 0.00, 1.00000, 'TRF-2023-0619', 4, 0),
  (2, 0, 'stripe', '2024-06-15 10:06:12', 'Invoice Payment', 50.59, 1.77, 0.00, 1.08500, 'ch_3NwvDemo0012', 7, 0),
  (3, 0, 'stripe', '2025-01-20 13:40:00', 'Invoice Payment', 14.94, 0.73, 0.00, 1.08500, 'ch_3NwvDemo0013', 9, 0),
  (3, 0, 'stripe', '2026-01-10 12:01:44', 'Invoice Payment', 14.94, 0.73, 0.00, 1.08500, 'ch_3NwvDemo0014', 13, 0),
  (2, 0, 'stripe', '2026-03-02 06:10:02', 'Invoice Payment', 37.60, 1.39, 0.00, 1.08500, 'ch_3NwvDemo0015', 30, 0),
  (2, 0, 'stripe', '2026-06-02 06:10:03', 'Invoice Payment', 50.59, 1.77, 0.00, 1.08500, 'ch_3NwvDemo0016', 48, 0),
  (2, 0, 'stripe', '2026-09-02 06:10:02', 'Invoice Payment', 37.60, 1.39, 0.00, 1.08500, 'ch_3NwvDemo0017', 60, 0);

INSERT INTO tblcredit (clientid, admin_id, date, description, amount, relid) VALUES
  (1, 0, '2026-01-05', 'Add Funds Invoice #12', 150.00, 12),
  (1, 0, '2026-02-11', 'Credit Applied to Invoice #14', -48.89, 0),
  (1, 1, '2026-02-19', 'For the outage of 18 February', 10.00, 0),
  (3, 1, '2026-05-20', 'For the trouble with the migration', 25.00, 0);

INSERT INTO tblactivitylog (date, description, user, userid, admin_id, ipaddr) VALUES
  ('2026-11-20 06:00:00', 'Created Invoice - Invoice ID: 128 - Total: 45.00', 'System', 4, 0, ''),
  ('2026-11-20 06:00:00', 'Email Sent - First Invoice Overdue Notice - Invoice ID: 127', 'System', 7, 0, ''),
  ('2026-11-20 10:12:13', 'Created Invoice - Invoice ID: 129 - Total: 65.00', 'admin', 2, 1, '192.0.2.10');

-- What came with clients: who logs in, with the password DemoPassword, who else is there, and what staff know of them.
INSERT INTO tblusers (id, first_name, last_name, email, password, language, last_ip, last_login, email_verified_at, created_at, updated_at) VALUES
  (1, 'Ana', 'Ferreira', 'ana.ferreira@example.com', '$argon2id$v=19$m=19456,t=2,p=1$AOrJMhF0rEuWa73hOnnRFg$yYnJoWXzfN4kiG2r3PeO1z1FfILS7maRd03k/xqmTr8',
   'portuguese', '203.0.113.21', '2026-11-16 18:02:11', '2019-02-11 18:31:00', '2019-02-11 18:20:05', '2026-11-16 18:02:11'),
  (2, 'James', 'Carter', 'office@carter-roofing.example', '$argon2id$v=19$m=19456,t=2,p=1$AOrJMhF0rEuWa73hOnnRFg$yYnJoWXzfN4kiG2r3PeO1z1FfILS7maRd03k/xqmTr8',
   'english', '203.0.113.44', '2026-11-03 16:40:29', '2020-06-30 15:10:00', '2020-06-30 15:02:41', '2026-11-03 16:40:29'),
  (3, 'Marie', 'Tremblay', 'marie.tremblay@example.org', '$argon2id$v=19$m=19456,t=2,p=1$AOrJMhF0rEuWa73hOnnRFg$yYnJoWXzfN4kiG2r3PeO1z1FfILS7maRd03k/xqmTr8',
   'french', '203.0.113.63', '2026-11-15 14:20:37', '2021-03-15 12:30:00', '2021-03-15 12:11:09', '2026-11-15 14:20:37'),
  (4, 'Łukasz', 'Żak', 'it@mueller-soehne.example', '$argon2id$v=19$m=19456,t=2,p=1$AOrJMhF0rEuWa73hOnnRFg$yYnJoWXzfN4kiG2r3PeO1z1FfILS7maRd03k/xqmTr8',
   'german', '203.0.113.80', '2026-11-20 08:51:02', '2021-11-02 09:00:00', '2021-11-02 08:45:30', '2026-11-20 08:51:02'),
  (5, 'Inês', 'Costa', 'ines@padariacosta.example', '$argon2id$v=19$m=19456,t=2,p=1$AOrJMhF0rEuWa73hOnnRFg$yYnJoWXzfN4kiG2r3PeO1z1FfILS7maRd03k/xqmTr8',
   'portuguese', '203.0.113.97', '2026-07-10 11:15:00', '2022-09-19 10:42:00', '2022-09-19 10:30:00', '2026-07-10 11:15:00'),
  (6, 'Oliver', 'Brown', 'oliver.brown@example.net', '$argon2id$v=19$m=19456,t=2,p=1$AOrJMhF0rEuWa73hOnnRFg$yYnJoWXzfN4kiG2r3PeO1z1FfILS7maRd03k/xqmTr8',
   'english', '203.0.113.112', '2024-05-28 23:09:58', NULL, '2018-05-04 21:17:54', '2024-05-28 23:09:58'),
  (7, 'Dana', 'Carter', 'accounts@carter-roofing.example', '$argon2id$v=19$m=19456,t=2,p=1$AOrJMhF0rEuWa73hOnnRFg$yYnJoWXzfN4kiG2r3PeO1z1FfILS7maRd03k/xqmTr8',
   'english', '203.0.113.44', '2026-11-19 15:30:10', '2022-01-11 17:00:00', '2022-01-11 16:55:00', '2026-11-19 15:30:10');

-- Łukasz owns two clients, his company's and his own; Ana looks after the bakery's website.
INSERT INTO tblusers_clients (auth_user_id, client_id, owner, permissions, last_login, created_at, updated_at) VALUES
  (1, 1, 1, '', '2026-11-16 18:02:11', '2019-02-11 18:20:05', '2026-11-16 18:02:11'),
  (2, 2, 1, '', '2026-11-03 16:40:29', '2020-06-30 15:02:41', '2026-11-03 16:40:29'),
  (3, 3, 1, '', '2026-11-15 14:20:37', '2021-03-15 12:11:09', '2026-11-15 14:20:37'),
  (4, 4, 1, '', '2026-11-13 09:48:00', '2021-11-02 08:45:30', '2026-11-13 09:48:00'),
  (5, 5, 1, '', '2026-07-10 11:15:00', '2022-09-19 10:30:00', '2026-07-10 11:15:00'),
  (6, 6, 1, '', '2024-05-28 23:09:58', '2018-05-04 21:17:54', '2024-05-28 23:09:58'),
  (4, 7, 1, '', '2026-11-20 08:51:02', '2026-11-19 17:05:12', '2026-11-20 08:51:02'),
  (7, 2, 0, 'invoices,quotes,tickets,emails', '2026-11-19 15:30:10', '2022-01-11 16:55:00', '2026-11-19 15:30:10'),
  (1, 5, 0, 'products,manageproducts,domains,tickets', NULL, '2023-06-20 10:00:00', '2023-06-20 10:00:00');

INSERT INTO tblcontacts (id, userid, firstname, lastname, companyname, email, address1, city, state, postcode, country, phonenumber,
                         generalemails, productemails, domainemails, invoiceemails, supportemails, affiliateemails, created_at, updated_at) VALUES
  (1, 2, 'Dana', 'Carter', 'Carter Roofing LLC', 'accounts@carter-roofing.example', '418 Alder Street', 'Portland', 'Oregon', '97205', 'US', '+1.5035550143',
   0, 0, 0, 1, 0, 0, '2022-01-11 16:50:00', '2022-01-11 16:50:00'),
  (2, 4, 'Heike', 'Vogt', 'Müller & Söhne GmbH', 'buchhaltung@mueller-soehne.example', 'Hafenstraße 3', 'Hamburg', '', '20457', 'DE', '+49.405550125',
   0, 0, 0, 1, 0, 0, '2021-11-02 09:10:00', '2021-11-02 09:10:00'),
  (3, 4, 'Technik', '', 'Müller & Söhne GmbH', 'technik@mueller-soehne.example', 'Hafenstraße 3', 'Hamburg', '', '20457', 'DE', '+49.405550126',
   0, 1, 1, 0, 1, 0, '2021-11-02 09:12:00', '2023-02-14 08:30:00'),
  (4, 5, 'Ana', 'Ferreira', '', 'ana.ferreira@example.com', 'Rua das Flores 21', 'Lisboa', 'Lisboa', '1200-192', 'PT', '+351.912345678',
   1, 1, 1, 0, 0, 0, '2023-06-20 09:55:00', '2023-06-20 09:55:00');

INSERT INTO tblnotes (userid, adminid, created, modified, note, sticky) VALUES
  (1, 1, '2026-02-19 09:40:00', '2026-02-19 09:40:00', 'Very kind about the outage. 10.00 of credit.', 0),
  (2, 1, '2026-11-20 10:15:00', '2026-11-20 10:15:00', 'James asks for a migration of his old shop. Ask him before invoice 129 goes out.', 1),
  (4, 1, '2021-11-02 09:20:00', '2021-11-02 09:20:00', 'Reverse charge: VAT number checked on 2 November 2021.', 1),
  (5, 1, '2026-07-10 12:00:00', '2026-10-01 09:05:00', 'Promised to pay at the end of July. Given to collections on 1 October.', 1),
  (6, 1, '2024-05-29 09:12:00', '2024-05-29 09:12:00', 'Paid with somebody else''s card. Closed.', 1);

INSERT INTO tblclientsfiles (userid, title, filename, adminonly, dateadded) VALUES
  (4, 'Contract', '481516_contract-mueller-soehne.pdf', 0, '2021-11-02'),
  (5, 'Letter to collections', '481517_letter-2026-10-01.pdf', 1, '2026-10-01');

-- The number of a card is at the gateway. What is secret here is sealed with the key of the demo, which is published.
INSERT INTO tblpaymethods (id, userid, description, contact_id, contact_type, payment_id, payment_type, gateway_name, order_preference, created_at, updated_at) VALUES
  (1, 2, 'Company card', 2, 'Client', 1, 'RemoteCreditCard', 'stripe', 1, '2021-03-30 16:11:50', '2021-03-30 16:11:50'),
  (2, 3, 'Carte de Marie', 3, 'Client', 2, 'RemoteCreditCard', 'stripe', 1, '2022-11-10 14:33:20', '2022-11-10 14:33:20'),
  (3, 4, 'Geschäftskonto', 4, 'Client', 1, 'BankAccount', '', 1, '2021-11-02 08:15:00', '2021-11-02 08:15:00');
INSERT INTO tblcreditcards (id, pay_method_id, card_type, last_four, expiry_date, card_data, created_at, updated_at) VALUES
  (1, 1, 'Visa', '4242', '2028-03-01 00:00:00', 'sealed:demo:j0hY+nK74C91RJ/c/k5dPn3f7ywwKU4PXwFxIHz577r0154Mm14Mw/B8QFK821bpF3TPceIocdZlhCJF+XjJEJd5lVMEGgE+Mb6E93ShrHGBHWF+WpILVxYI', '2021-03-30 16:11:50', '2021-03-30 16:11:50'),
  (2, 2, 'MasterCard', '4444', '2027-11-01 00:00:00', 'sealed:demo:O2j6dRhaOFSTpMufKm0WjXAgeXANg0ooMEA8l5/ifag8XD95pjmvq9cB0kbE5u8soekGA55bx2PzqkKG220cqf1XP6bwVO46XJ90LaIKXep4o9U2tR6Xl4GH', '2022-11-10 14:33:20', '2022-11-10 14:33:20');
INSERT INTO tblbankaccts (id, pay_method_id, bank_name, acct_type, bank_data, created_at, updated_at) VALUES
  (1, 3, 'Sparkasse', 'Checking', 'sealed:demo:v44bPJFphXNkFIa3a/CyXo0B3JdTNuduKXvgaQzx5htnesg2QqK2SEjudfe147qoDkXJBlJ0fr8n0WECM/0A/LbvuSZ3SaLL6z3yxEDV5haO+Q', '2021-11-02 08:15:00', '2021-11-02 08:15:00');

INSERT INTO tblaffiliates (id, date, clientid, visitors, paytype, payamount, onetime, balance, withdrawn, created_at, updated_at) VALUES
  (1, '2020-01-15', 1, 143, 'percentage', 10.00, 0, 12.80, 25.00, '2020-01-15 11:00:00', '2026-08-03 00:10:00');

-- What the affiliate has earned with a service of somebody else, and was paid out.
INSERT INTO tblaffiliatesaccounts (id, affiliateid, relid, lastpaid, created_at, updated_at) VALUES
  (1, 1, 9, '2021-11-05', '2021-11-02 06:00:00', '2021-11-05 09:30:00'),
  (2, 1, 12, '0000-00-00', '2026-11-19 15:00:00', '2026-11-19 15:00:00');

INSERT INTO tblaffiliateshistory (affiliateid, date, affaccid, invoice_id, description, amount, created_at, updated_at) VALUES
  (1, '2021-11-05', 1, 6, '', 37.80, '2021-11-05 09:30:00', '2021-11-05 09:30:00');

INSERT INTO tblaffiliateswithdrawals (affiliateid, date, amount, created_at, updated_at) VALUES
  (1, '2022-01-10', 25.00, '2022-01-10 09:00:00', '2022-01-10 09:00:00');

INSERT INTO tblorders (id, ordernum, userid, requestor_id, date, nameservers, promocode, promotype, promovalue, amount, paymentmethod, invoiceid, status, ipaddress, fraudmodule, fraudoutput, notes) VALUES
  (1, 1902110871, 1, 1, '2019-02-11 18:24:00', '', '', '', '', 49.20, 'paypal', 1, 'Active', '203.0.113.21', '', '', ''),
  (2, 2103304410, 2, 2, '2021-03-30 16:10:00', '', '', '', '', 176.00, 'stripe', 2, 'Active', '203.0.113.44', '', '', ''),
  (3, 2211102936, 3, 3, '2022-11-10 14:31:00', '', '', '', '', 106.93, 'stripe', 3, 'Active', '203.0.113.63', '', '', ''),
  (4, 2306195524, 5, 5, '2023-06-19 06:00:00', 'ns1.example.com,ns2.example.com', '', '', '', 136.52, 'banktransfer', 4, 'Active', '203.0.113.97', '', '', ''),
  (5, 2305047719, 6, 6, '2023-05-04 21:23:00', 'ns1.example.com,ns2.example.com', '', '', '', 51.99, 'paypal', 5, 'Active', '203.0.113.112', '', '', ''),
  (6, 2111023345, 4, 4, '2021-11-02 06:00:00', 'ns1.example.com,ns2.example.com', '', '', '', 437.99, 'banktransfer', 6, 'Active', '203.0.113.80', '', '', ''),
  (7, 2406150268, 2, 2, '2024-06-15 10:04:00', 'ns1.example.com,ns2.example.com', '', '', '', 50.59, 'stripe', 7, 'Active', '203.0.113.44', '', '', ''),
  (8, 2108036607, 1, 1, '2021-08-03 20:12:00', '', '', '', '', 25.83, 'paypal', 8, 'Active', '203.0.113.21', '', '', ''),
  (9, 2611160094, 1, 1, '2026-11-16 06:00:00', 'ns1.example.com,ns2.example.com', '', '', '', 14.75, 'banktransfer', 66, 'Pending', '203.0.113.21', '', '', ''),
  (10, 2611021183, 4, 4, '2026-11-02 06:00:00', '', '', '', '', 1290.00, 'banktransfer', 71, 'Pending', '203.0.113.80', '', '', 'To be racked when the transfer is there'),
  (11, 2405289951, 6, 6, '2024-05-28 23:12:00', '', '', '', '', 8.00, 'paypal', 81, 'Fraud', '203.0.113.240', 'maxmind', '{"riskscore":"91.40","country":"GB","ipcountry":"RU"}', 'Card reported as stolen'),
  (12, 2501203018, 3, 3, '2025-01-20 13:38:00', 'ns1.example.com,ns2.example.com', '', '', '', 14.94, 'stripe', 9, 'Active', '203.0.113.63', '', '', ''),
  (13, 2603024476, 5, 1, '2026-03-02 11:20:00', '', '', '', '', 73.80, 'banktransfer', 82, 'Cancelled', '203.0.113.21', '', '', 'Ana moved the site herself'),
  (14, 2611195802, 7, 4, '2026-11-19 17:08:00', '', 'WELCOME20', 'Percentage', '20.00', 38.08, 'paypal', 127, 'Pending', '203.0.113.80', '', '', '');

INSERT INTO tblhosting (id, userid, orderid, packageid, server, regdate, domain, paymentmethod, firstpaymentamount, amount, billingcycle, nextduedate, nextinvoicedate, termination_date,
                        domainstatus, username, promoid, suspendreason, dedicatedip, diskusage, disklimit, bwusage, bwlimit, lastupdate, created_at, updated_at) VALUES
  (1, 1, 1, 1, 1, '2019-02-11', 'ferreira.example.com', 'paypal', 40.00, 40.00, 'Annually', '2027-02-11', '2027-02-11', '0000-00-00',
   'Active', 'ferreira', 0, '', '', 3120, 10240, 8800, 0, '2026-11-20 00:05:00', '2019-02-11 18:24:00', '2026-02-11 06:00:12'),
  (2, 2, 2, 7, 3, '2021-03-30', 'vps1.carter-roofing.example', 'stripe', 176.00, 176.00, 'Annually', '2027-03-30', '2027-03-30', '0000-00-00',
   'Active', 'root', 0, '', '198.51.100.31', 0, 0, 0, 0, '0000-00-00 00:00:00', '2021-03-30 16:10:00', '2026-04-02 15:20:44'),
  (3, 3, 3, 6, 3, '2022-11-10', 'tremblay.example', 'stripe', 93.00, 93.00, 'Annually', '2026-11-10', '2026-11-10', '0000-00-00',
   'Active', 'root', 0, '', '198.51.100.32', 0, 0, 0, 0, '0000-00-00 00:00:00', '2022-11-10 14:31:00', '2025-11-10 12:00:00'),
  (4, 5, 4, 2, 2, '2023-06-19', 'padariacosta.example', 'banktransfer', 99.00, 99.00, 'Annually', '2026-06-19', '2026-06-19', '0000-00-00',
   'Suspended', 'padaria', 0, 'Overdue on Payment', '', 18900, 51200, 40100, 0, '2026-07-20 00:05:00', '2023-06-19 06:00:00', '2026-07-20 06:00:30'),
  (5, 4, 10, 8, 0, '2026-11-02', 'srv1.mueller-soehne.example', 'banktransfer', 1290.00, 1290.00, 'Annually', '2026-11-02', '2026-11-02', '0000-00-00',
   'Pending', '', 0, '', '', 0, 0, 0, 0, '0000-00-00 00:00:00', '2026-11-02 06:00:00', '2026-11-02 06:00:00'),
  (6, 6, 5, 1, 1, '2023-05-04', 'oliverbrown.example', 'paypal', 40.00, 40.00, 'Annually', '2024-05-04', '2024-05-04', '2024-06-01',
   'Terminated', 'oliverb', 0, '', '', 0, 10240, 0, 0, '2024-06-01 00:05:00', '2023-05-04 21:23:00', '2024-06-01 10:01:00'),
  (7, 2, 7, 2, 1, '2024-06-15', 'carter-roofing.example', 'stripe', 31.00, 31.00, 'Quarterly', '2026-12-15', '2026-12-15', '0000-00-00',
   'Active', 'carterro', 0, '', '', 26400, 51200, 73200, 0, '2026-11-20 00:05:00', '2024-06-15 10:04:00', '2026-09-02 06:10:02'),
  (8, 1, 8, 6, 3, '2021-08-03', 'test.ferreira.example.com', 'paypal', 12.00, 12.00, 'Monthly', '2022-02-03', '2022-02-03', '2022-02-03',
   'Cancelled', 'administrator', 0, '', '', 0, 0, 0, 0, '0000-00-00 00:00:00', '2021-08-03 20:12:00', '2022-02-03 06:00:20'),
  (9, 4, 6, 3, 2, '2021-11-02', 'mueller-soehne.example', 'banktransfer', 378.00, 378.00, 'Biennially', '2027-11-02', '2027-11-02', '0000-00-00',
   'Active', 'mueller', 0, '', '', 61000, 204800, 120400, 0, '2026-11-20 00:05:00', '2021-11-02 06:00:00', '2025-11-03 10:20:00'),
  (10, 6, 11, 6, 0, '2024-05-28', 'vps.oliverbrown.example', 'paypal', 8.00, 8.00, 'Monthly', '2024-05-28', '2024-05-28', '0000-00-00',
   'Fraud', '', 0, '', '', 0, 0, 0, 0, '0000-00-00 00:00:00', '2024-05-28 23:12:00', '2024-05-29 09:10:00'),
  (11, 5, 13, 9, 0, '2026-03-02', 'padariacosta.example', 'banktransfer', 60.00, 0.00, 'One Time', '0000-00-00', '0000-00-00', '0000-00-00',
   'Cancelled', '', 0, '', '', 0, 0, 0, 0, '0000-00-00 00:00:00', '2026-03-02 11:20:00', '2026-03-09 15:45:00'),
  (12, 7, 14, 1, 0, '2026-11-19', 'zak.example', 'paypal', 32.00, 40.00, 'Annually', '2026-11-19', '2026-11-19', '0000-00-00',
   'Pending', '', 1, '', '', 0, 0, 0, 0, '0000-00-00 00:00:00', '2026-11-19 17:08:00', '2026-11-19 17:08:00');

INSERT INTO tblhostingconfigoptions (relid, configid, optionid, qty) VALUES
  (2, 1, 1, 0), (2, 2, 3, 0), (2, 3, 4, 0),
  (3, 1, 1, 0), (3, 2, 3, 0), (3, 3, 4, 0),
  (8, 1, 2, 0), (8, 2, 3, 0), (8, 3, 4, 0),
  (10, 1, 1, 0), (10, 2, 3, 0), (10, 3, 4, 0);

INSERT INTO tblcustomfieldsvalues (fieldid, relid, value, created_at, updated_at) VALUES
  (1, 1, 'A friend', '2019-02-11 18:20:05', '2019-02-11 18:20:05'),
  (1, 2, 'Your flyer', '2020-06-30 15:02:41', '2020-06-30 15:02:41'),
  (1, 4, 'Searching for "Hosting in Lissabon"', '2021-11-02 08:45:30', '2021-11-02 08:45:30'),
  (1, 5, 'Ana Ferreira', '2022-09-19 10:30:00', '2022-09-19 10:30:00'),
  (2, 1, 'None yet', '2019-02-11 18:24:00', '2019-02-11 18:24:00'),
  (2, 6, 'A friend''s server', '2023-05-04 21:23:00', '2023-05-04 21:23:00'),
  (3, 3, 'tremblay.example', '2022-11-10 14:31:00', '2022-11-10 14:31:00'),
  (3, 8, 'test.ferreira.example.com', '2021-08-03 20:12:00', '2021-08-03 20:12:00'),
  (3, 10, 'vps.oliverbrown.example', '2024-05-28 23:12:00', '2024-05-28 23:12:00'),
  (4, 2, 'vps1.carter-roofing.example', '2021-03-30 16:10:00', '2021-03-30 16:10:00'),
  (5, 2, 'Moved to pve1 in 2024', '2024-04-12 09:00:00', '2024-04-12 09:00:00');

INSERT INTO tblhostingaddons (id, orderid, hostingid, addonid, userid, firstpaymentamount, recurring, billingcycle, tax, status, regdate, nextduedate, nextinvoicedate, termination_date, paymentmethod, created_at, updated_at) VALUES
  (1, 7, 7, 1, 2, 6.60, 6.60, 'Quarterly', 'on', 'Active', '2024-06-15', '2026-12-15', '2026-12-15', '0000-00-00', 'stripe', '2024-06-15 10:04:00', '2026-09-02 06:10:02'),
  (2, 6, 9, 2, 4, 48.00, 48.00, 'Biennially', 'on', 'Active', '2021-11-02', '2027-11-02', '2027-11-02', '0000-00-00', 'banktransfer', '2021-11-02 06:00:00', '2025-11-03 10:20:00'),
  (3, 8, 8, 3, 1, 9.00, 9.00, 'Monthly', 'on', 'Cancelled', '2021-08-03', '2022-02-03', '2022-02-03', '2022-02-03', 'paypal', '2021-08-03 20:12:00', '2022-02-03 06:00:20');

-- One domain at least in every status. Staff entered those without an order.
INSERT INTO tbldomains (id, userid, orderid, type, registrationdate, domain, firstpaymentamount, recurringamount, registrar, registrationperiod, expirydate, status, nextduedate, nextinvoicedate, paymentmethod, dnsmanagement, donotrenew, created_at, updated_at) VALUES
  (18, 2, 7, 'Register', '2024-06-15', 'carter-roofing.example', 12.99, 12.99, 'enom', 1, '2027-06-15', 'Active', '2027-06-15', '2027-06-15', 'stripe', 1, 0, '2024-06-15 10:04:00', '2026-06-02 06:10:03'),
  (20, 6, 5, 'Register', '2023-05-04', 'oliverbrown.example', 11.99, 11.99, 'enom', 1, '2024-05-04', 'Expired', '2024-05-04', '2024-05-04', 'paypal', 0, 0, '2023-05-04 21:23:00', '2024-05-05 00:10:00'),
  (25, 4, 6, 'Transfer', '2021-11-02', 'mueller-soehne.example', 11.99, 35.97, 'enom', 3, '2028-11-02', 'Active', '2028-11-02', '2028-11-02', 'banktransfer', 1, 0, '2021-11-02 06:00:00', '2025-11-03 10:20:00'),
  (30, 5, 4, 'Register', '2023-06-19', 'padariacosta.example', 11.99, 11.99, 'enom', 1, '2026-06-19', 'Expired', '2026-06-19', '2026-06-19', 'banktransfer', 0, 1, '2023-06-19 06:00:00', '2026-06-20 00:10:00'),
  (33, 3, 12, 'Register', '2025-01-20', 'tremblay.example', 12.99, 12.99, 'enom', 1, '2027-01-20', 'Active', '2027-01-20', '2027-01-20', 'stripe', 0, 0, '2025-01-20 13:38:00', '2026-01-10 12:01:44'),
  (37, 1, 9, 'Register', '2026-11-16', 'ana-ferreira.example', 11.99, 11.99, '', 1, '2027-11-16', 'Pending', '2026-11-16', '2026-11-16', 'banktransfer', 0, 0, '2026-11-16 06:00:00', '2026-11-16 06:00:00'),
  (41, 4, 0, 'Register', '2026-11-18', 'soehne-werft.example', 11.99, 11.99, 'enom', 1, '0000-00-00', 'Pending Registration', '2027-11-18', '2027-11-18', 'banktransfer', 1, 0, '2026-11-18 09:00:00', '2026-11-18 09:05:00'),
  (42, 2, 0, 'Transfer', '2026-11-17', 'carter-solar.example', 12.99, 12.99, 'enom', 1, '0000-00-00', 'Pending Transfer', '2027-11-17', '2027-11-17', 'stripe', 0, 0, '2026-11-17 16:20:00', '2026-11-17 16:21:00'),
  (43, 3, 0, 'Register', '2023-11-04', 'tremblay-photo.example', 12.99, 12.99, 'enom', 1, '2026-11-04', 'Grace', '2026-11-04', '2026-11-04', 'stripe', 0, 0, '2023-11-04 08:15:00', '2026-11-05 00:10:00'),
  (44, 5, 0, 'Register', '2022-09-25', 'pao-da-costa.example', 11.99, 11.99, 'enom', 1, '2026-09-25', 'Redemption', '2026-09-25', '2026-09-25', 'banktransfer', 0, 0, '2022-09-25 11:00:00', '2026-10-26 00:10:00'),
  (45, 6, 0, 'Register', '2023-08-01', 'leeds-brownies.example', 11.99, 11.99, 'enom', 1, '2025-08-01', 'Transferred Away', '2025-08-01', '2025-08-01', 'paypal', 0, 1, '2023-08-01 19:30:00', '2025-03-12 00:10:00'),
  (46, 1, 0, 'Register', '2024-02-14', 'ana-e-rui.example', 11.99, 11.99, 'enom', 1, '2025-02-14', 'Cancelled', '2025-02-14', '2025-02-14', 'paypal', 0, 1, '2024-02-14 21:00:00', '2025-02-15 00:10:00'),
  (47, 6, 0, 'Register', '2024-05-28', 'cheap-watches.example', 11.99, 11.99, '', 1, '0000-00-00', 'Fraud', '2024-05-28', '2024-05-28', 'paypal', 0, 0, '2024-05-28 23:15:00', '2024-05-29 09:10:00');

INSERT INTO tblcancelrequests (date, relid, reason, type, created_at, updated_at) VALUES
  ('2022-01-28 19:04:11', 8, 'I have tested enough.', 'End of Billing Period', '2022-01-28 19:04:11', '2022-01-28 19:04:11'),
  ('2026-11-13 09:55:00', 9, 'All of it moves to the new server.', 'End of Billing Period', '2026-11-13 09:55:00', '2026-11-13 09:55:00');

INSERT INTO tblbillableitems (userid, description, hours, amount, recur, recurcycle, recurfor, invoiceaction, unit, duedate, invoicecount) VALUES
  (2, 'Recovery of the mailbox of accounts@carter-roofing.example', 1.50, 97.50, 0, '', 0, 2, 0, '0000-00-00', 0),
  (4, 'Care of the firewall', 1.00, 45.00, 1, 'Months', 12, 4, 1, '2027-01-01', 1),
  (1, 'Advice on the phone', 0.25, 0.00, 0, '', 0, 0, 0, '0000-00-00', 0);

INSERT INTO tblquotes (id, subject, stage, validuntil, userid, firstname, lastname, companyname, email, address1, city, postcode, country, currency,
                       subtotal, tax1, tax2, total, proposal, customernotes, datecreated, lastmodified, datesent, dateaccepted) VALUES
  (1, 'A server of your own', 'Accepted', '2026-11-30', 4, 'Łukasz', 'Żak', 'Müller & Söhne GmbH', 'it@mueller-soehne.example', 'Hafenstraße 3', 'Hamburg', '20457', 'DE', 1,
   1434.00, 0.00, 0.00, 1434.00, 'The server, and we move everything over a weekend.', 'Reverse charge', '2026-10-26', '2026-11-02', '2026-10-27', '2026-11-02'),
  (2, 'Hosting for a choir', 'Delivered', '2026-12-15', 0, 'Sam', 'Taylor', '', 'sam.taylor@example.net', '', '', '', 'PT', 1,
   99.00, 22.77, 0.00, 121.77, 'Business for a year, with the migration as a present.', '', '2026-11-13', '2026-11-13', '2026-11-13', '0000-00-00');

INSERT INTO tblquoteitems (quoteid, description, quantity, unitprice, discount, taxable, created_at, updated_at) VALUES
  (1, 'Dedicated Ryzen, a year', '1', 1290.00, 0.00, 0, '2026-10-26 15:10:00', '2026-10-26 15:10:00'),
  (1, 'Consulting Hour', '2', 90.00, 20.00, 0, '2026-10-26 15:11:00', '2026-10-27 09:00:00'),
  (2, 'Business, a year', '1', 99.00, 0.00, 1, '2026-11-13 10:00:00', '2026-11-13 10:00:00'),
  (2, 'Site Migration', '1', 60.00, 100.00, 1, '2026-11-13 10:01:00', '2026-11-13 10:01:00');

INSERT INTO tblmodulelog (date, module, action, request, response, arrdata) VALUES
  ('2026-07-20 06:00:29', 'cpanel', 'SuspendAccount', 'suspendacct?user=padaria&reason=Overdue+on+Payment', '{"metadata":{"result":1,"reason":"OK"}}', ''),
  ('2026-11-15 14:31:02', 'proxmox', 'ChangePassword', 'POST /nodes/pve1/qemu/132/agent/set-user-password', '500 QEMU guest agent is not running', ''),
  ('2026-11-19 22:00:04', 'proxmox', 'ChangePassword', 'POST /nodes/pve1/qemu/132/agent/set-user-password', '500 QEMU guest agent is not running', '');

INSERT INTO tblmodulequeue (service_type, service_id, module_name, module_action, last_attempt, last_attempt_error, num_retries, completed, created_at, updated_at) VALUES
  ('service', 4, 'cpanel', 'SuspendAccount', '2026-07-20 06:00:29', 'Connection timed out', 1, 1, '2026-07-19 06:00:31', '2026-07-20 06:00:30'),
  ('service', 3, 'proxmox', 'ChangePassword', '2026-11-19 22:00:04', 'QEMU guest agent is not running', 5, 0, '2026-11-15 14:31:02', '2026-11-19 22:00:04');

-- Tickets.
INSERT INTO tbltickets (id, tid, did, userid, contactid, requestor_id, name, email, cc, c, ipaddress, date, title, message, status, urgency, admin, lastreply, flag, clientunread, adminunread, service, merged_ticket_id, editor, updated_at) VALUES
  (1, '418207', 2, 1, 0, 1, '', '', '', 'kQ3vTz8p', '203.0.113.21', '2026-02-18 09:12:40', 'My website is gone', 'Since eight o''clock my website shows an error. Is it the server?', 'Closed', 'High', '', '2026-02-19 09:45:00', 0, 0, '', 'S1', 0, 'plain', '2026-02-24 00:15:00'),
  (2, '552019', 3, 3, 0, 3, '', '', '', 'Wd9xRb2m', '203.0.113.63', '2026-05-17 20:31:05', 'Money back for the migration', 'I moved the site myself in the end, as nobody came. I would like my money back.', 'Closed', 'Medium', '', '2026-05-20 09:35:00', 1, 0, '', '', 0, 'plain', '2026-05-25 00:15:00'),
  (3, '609934', 3, 5, 0, 5, '', '', '', 'hT7cLs4q', '203.0.113.97', '2026-07-10 11:18:22', 'Cannot pay before the end of the month', 'The oven broke. May I pay on the 31st?', 'Closed', 'Medium', '', '2026-07-10 12:02:00', 0, 0, '', 'S4', 0, 'plain', '2026-08-03 00:15:00'),
  (4, '731150', 1, 4, 0, 4, '', '', 'technik@mueller-soehne.example', 'Zp5nKy1d', '203.0.113.80', '2026-10-26 10:05:00', 'A dedicated server', 'We outgrow the shared hosting. What would a machine of our own cost?', 'Closed', 'Medium', '', '2026-11-02 08:10:00', 1, 0, '', 'S9', 0, 'markdown', '2026-11-07 00:15:00'),
  (5, '744862', 2, 2, 0, 2, '', '', '', 'Fv2jXe6u', '203.0.113.44', '2026-11-03 16:44:10', 'Disk almost full on vps1', 'df says 97%. Can you make the disk larger without a restart?', 'Answered', 'Medium', '', '2026-11-03 17:20:00', 2, 1, '', 'S2', 0, 'markdown', '2026-11-03 17:20:00'),
  (6, '750311', 1, 0, 0, 0, 'Sam Taylor', 'sam.taylor@example.net', '', 'Gm8wQa3r', '203.0.113.171', '2026-11-12 21:09:33', 'Hosting for a choir', 'We are forty singers and have a small website. What do you advise?', 'Answered', 'Low', '', '2026-11-13 10:05:00', 1, 1, '', '', 0, 'plain', '2026-11-13 10:05:00'),
  (7, '751027', 3, 4, 2, 0, '', '', '', 'Ys4hNb9t', '203.0.113.80', '2026-11-12 13:40:00', 'Transfer for invoice 71', 'We sent the transfer today. Please tell us when it is there.', 'Customer-Reply', 'Medium', '', '2026-11-19 11:22:00', 1, 0, '1', 'S5', 0, 'plain', '2026-11-19 11:22:00'),
  (8, '752644', 2, 3, 0, 3, '', '', '', 'Bc6kDf7v', '203.0.113.63', '2026-11-15 14:26:00', 'The firewall blocks my office', 'Since this morning I reach my server from home, and not from the office (203.0.113.64).', 'In Progress', 'High', '', '2026-11-15 15:02:00', 2, 0, '', 'S3', 0, 'plain', '2026-11-15 15:02:00'),
  (9, '752651', 2, 3, 0, 3, '', '', '', 'Rj1sMw5z', '203.0.113.63', '2026-11-15 14:41:00', 'And the password', 'And the change of the password fails, too.', 'Closed', 'High', '', '2026-11-15 14:41:00', 0, 0, '', 'S3', 8, 'plain', '2026-11-15 14:55:00'),
  (10, '753380', 4, 0, 0, 0, 'Abuse desk', 'abuse@example.org', '', 'Np7tVg2c', '203.0.113.200', '2026-11-16 03:12:19', 'Spam from 198.51.100.32', 'Our traps have seen 214 messages from this address. Headers are below.', 'On Hold', 'High', '', '2026-11-16 09:30:00', 1, 0, '', '', 0, 'plain', '2026-11-16 09:30:00'),
  (11, '754906', 2, 2, 0, 7, '', '', '', 'Lx3qHk8n', '203.0.113.44', '2026-11-19 15:34:51', 'Mails to one supplier come back', 'All mails to orders@example.org come back since yesterday.', 'Open', 'High', '', '2026-11-19 15:34:51', 0, 0, '', 'S7', 0, 'plain', '2026-11-19 15:34:51'),
  (12, '755012', 3, 1, 0, 0, '', '', '', 'Ju9dPc4x', '192.0.2.10', '2026-11-19 10:00:00', 'Your domain ana-ferreira.example', 'The domain is registered as soon as invoice 66 is paid. It is free until then, for anybody.', 'Answered', 'Low', 'Beatriz Almeida', '2026-11-19 10:00:00', 0, 1, '', 'D37', 0, 'plain', '2026-11-19 10:00:00'),
  (13, '755488', 1, 7, 0, 4, '', '', '', 'Ea2yTf6b', '203.0.113.80', '2026-11-20 08:55:12', 'A second website', 'Can I have a second website on Starter, or do I need Business?', 'Open', 'Low', '', '2026-11-20 08:55:12', 0, 0, '', 'S12', 0, 'plain', '2026-11-20 08:55:12');

-- A file of the demo (src/demo/attachments).
UPDATE tbltickets SET attachment = '814402_bounce.txt' WHERE id = 11;

INSERT INTO tblticketreplies (tid, userid, contactid, requestor_id, name, email, date, message, admin, rating, editor) VALUES
  (1, 0, 0, 0, '', '', '2026-02-18 09:20:00', 'It is: cp1 lost a disk. We are putting in another one.', 'Rui Nunes', 5, 'plain'),
  (1, 1, 0, 1, '', '', '2026-02-18 12:47:13', 'It is back. Thank you for being so quick.', '', 0, 'plain'),
  (1, 0, 0, 0, '', '', '2026-02-19 09:45:00', 'We are sorry, and have put 10.00 EUR on your account.', 'Beatriz Almeida', 5, 'plain'),
  (2, 0, 0, 0, '', '', '2026-05-20 09:35:00', 'You are right. The payment is on its way back, and 25.00 USD of credit are yours for the trouble.', 'Beatriz Almeida', 4, 'plain'),
  (3, 0, 0, 0, '', '', '2026-07-10 12:02:00', 'Of course. We shall wait until then.', 'Beatriz Almeida', 0, 'plain'),
  (4, 0, 0, 0, '', '', '2026-10-27 09:05:00', 'Our offer is in your account.', 'Beatriz Almeida', 0, 'markdown'),
  (4, 4, 0, 4, '', '', '2026-11-02 08:10:00', 'Accepted and ordered. Thanks!', '', 0, 'markdown'),
  (5, 0, 0, 0, '', '', '2026-11-03 17:20:00', 'Yes. It costs 4 USD a month for 40 GB more. Shall we?', 'Rui Nunes', 0, 'markdown'),
  (6, 0, 0, 0, '', '', '2026-11-13 10:05:00', 'Business is plenty. An offer is attached to our mail.', 'Beatriz Almeida', 0, 'plain'),
  (7, 0, 0, 0, '', '', '2026-11-12 14:00:00', 'Thank you. Transfers from Germany take a day or two.', 'Beatriz Almeida', 0, 'plain'),
  (7, 4, 2, 0, '', '', '2026-11-19 11:22:00', 'It has been a week now. Is it there?', '', 0, 'plain'),
  (8, 0, 0, 0, '', '', '2026-11-15 15:02:00', 'We look into both.', 'Rui Nunes', 0, 'plain'),
  (10, 0, 0, 0, '', '', '2026-11-16 09:30:00', 'Thank you. We have asked the client, and blocked port 25 until they answer.', 'Rui Nunes', 0, 'plain');

INSERT INTO tblticketnotes (ticketid, admin, date, message, editor) VALUES
  (5, 'Rui Nunes', '2026-11-03 17:05:00', 'pve1 has 900 GB to spare.', 'plain'),
  (7, 'Beatriz Almeida', '2026-11-19 11:40:00', 'Not in the account yet. Ask the bank.', 'plain'),
  (10, 'Rui Nunes', '2026-11-16 09:25:00', 'It is Marie''s server. May have to do with tickets 752644 and 752651.', 'plain');

INSERT INTO tblticketlog (date, tid, action) VALUES
  ('2026-02-18 09:12:40', 1, 'New Support Ticket Opened'),
  ('2026-02-18 09:20:00', 1, 'New Ticket Response (by Rui Nunes)'),
  ('2026-02-24 00:15:00', 1, 'Status changed to Closed (by System)'),
  ('2026-11-15 14:55:00', 9, 'Merged Into Ticket 752644 (by Rui Nunes)'),
  ('2026-11-15 15:02:00', 8, 'Status changed to In Progress (by Rui Nunes)'),
  ('2026-11-16 09:30:00', 10, 'Status changed to On Hold (by Rui Nunes)'),
  ('2026-11-19 15:34:51', 11, 'New Support Ticket Opened');

INSERT INTO tbltickettags (ticketid, tag) VALUES (1, 'outage'), (2, 'refund'), (8, 'firewall'), (10, 'spam'), (11, 'mail');

-- Mails that went out.
INSERT INTO tblemails (userid, subject, message, date, `to`, cc, bcc, attachments, pending, message_data, created_at, updated_at) VALUES
  (4, 'Invoice 71 of 02/11/2026', '<p>Dear Łukasz Żak,</p>\n<p>here is your invoice 71 over €1290.00 EUR, due on 16/11/2026.</p>', '2026-11-02 06:00:12', 'it@mueller-soehne.example', 'buchhaltung@mueller-soehne.example', '', '', 0, '', '2026-11-02 06:00:12', '2026-11-02 06:00:13'),
  (3, 'Invoice 95 of 10/11/2026', '<p>Dear Marie Tremblay,</p>\n<p>here is your invoice 95 over $106.93 USD, due on 24/11/2026.</p>', '2026-11-10 06:00:12', 'marie.tremblay@example.org', '', '', '', 0, '', '2026-11-10 06:00:12', '2026-11-10 06:00:13'),
  (1, 'Fatura 66 de 16/11/2026', '<p>Caro(a) Ana Ferreira,</p>\n<p>segue a sua fatura 66, no valor de €14.75 EUR, com vencimento em 30/11/2026.</p>', '2026-11-16 06:00:09', 'ana.ferreira@example.com', '', '', '', 0, '', '2026-11-16 06:00:09', '2026-11-16 06:00:10'),
  (5, 'padariacosta.example is suspended', '<p>Dear Inês Costa,</p>\n<p>we had to suspend Business for padariacosta.example: Overdue on Payment.</p>', '2026-07-20 06:00:31', 'ines@padariacosta.example', 'ana.ferreira@example.com', '', '', 0, '', '2026-07-20 06:00:31', '2026-07-20 06:00:32'),
  (7, 'Welcome to Atlantic Hosting', '<p>Dear Łukasz Żak,</p>\n<p>thank you for joining us.</p>', '2026-11-19 17:05:12', 'lukasz.zak@example.org', '', '', '', 0, '', '2026-11-19 17:05:12', '2026-11-19 17:05:13'),
  (7, 'We have your order 2611195802', '<p>Dear Łukasz Żak,</p>\n<p>thank you for your order 2611195802.</p>', '2026-11-19 17:08:31', 'lukasz.zak@example.org', '', '', '', 0, '', '2026-11-19 17:08:31', '2026-11-19 17:08:32'),
  (2, '[Ticket ID: 754906] Mails to one supplier come back', '<p>Dear James Carter,</p>\n<p>we have your question, and answer it soon.</p>', '2026-11-19 15:34:52', 'office@carter-roofing.example', '', '', '', 0, '', '2026-11-19 15:34:52', '2026-11-19 15:34:53'),
  (4, 'Invoice 128 of 20/11/2026', '<p>Dear Łukasz Żak,</p>\n<p>here is your invoice 128 over €45.00 EUR, due on 01/12/2026.</p>', '2026-11-20 06:00:00', 'it@mueller-soehne.example', 'buchhaltung@mueller-soehne.example', '', '', 0, '', '2026-11-20 06:00:00', '2026-11-20 06:00:01'),
  (7, 'Invoice 127 is overdue', '<p>Dear Łukasz Żak,</p>\n<p>invoice 127 was due on 19/11/2026, and €38.08 EUR are still to pay.</p>', '2026-11-20 06:00:00', 'lukasz.zak@example.org', '', '', '', 0, '', '2026-11-20 06:00:00', '2026-11-20 06:00:02');

-- Tickets that staff follow, and what the desk has prepared.
INSERT INTO tblticket_watchers (ticket_id, admin_id, created_at, updated_at) VALUES (8, 1, '2026-11-15 15:05:00', '2026-11-15 15:05:00');
INSERT INTO tblticketspamfilters (type, content) VALUES ('sender', 'prizes@example.net'), ('subject', 'You have won');
INSERT INTO tblticketbreaklines (breakline) VALUES ('-----Original Message-----'), ('----- Original Message -----');
INSERT INTO tblticketpredefinedcats (id, parentid, name) VALUES (1, 0, 'Support'), (2, 1, 'Mail'), (3, 0, 'Billing');
INSERT INTO tblticketpredefinedreplies (catid, name, reply) VALUES
  (1, 'We look into it', 'Hello [NAME],\r\n\r\nthank you for telling us. We look into it, and write again within an hour.'),
  (2, 'Mails come back', 'Hello [NAME],\r\n\r\nplease send us one of the mails that came back, with all of its headers.'),
  (3, 'Transfers take a day', 'Hello [NAME],\r\n\r\ntransfers take a day or two. We write as soon as it is there.');

-- News for clients. The second is a translation of the first, the third is not published yet.
INSERT INTO tblannouncements (id, date, title, announcement, published, parentid, language, created_at, updated_at) VALUES
  (1, '2026-02-19 10:00:00', 'What happened on cp1', '<p>A disk of cp1 failed on 18 February. Nothing was lost.</p>', 1, 0, '', '2026-02-19 10:00:00', '2026-02-19 10:00:00'),
  (2, '2026-02-19 10:00:00', 'O que se passou no cp1', '<p>Um disco do cp1 falhou a 18 de Fevereiro. Nada se perdeu.</p>', 1, 1, 'portuguese-pt', '2026-02-19 10:20:00', '2026-02-19 10:20:00'),
  (3, '2026-12-01 09:00:00', 'Open over Christmas', '<p>We answer tickets on all days.</p>', 0, 0, '', '2026-11-18 16:00:00', '2026-11-18 16:00:00');

-- Projects: one of a client, with tasks, timers and a message, and one of our own.
INSERT INTO mod_project (id, userid, title, ticketids, invoiceids, notes, adminid, status, created, duedate, completed, lastmodified, watchers) VALUES
  (1, 4, 'Move Müller & Söhne to a dedicated server', '4', '71', 'Not before the season ends.', 1, 'In Progress', '2026-11-03', '2026-12-15', 0, '2026-11-18 17:02:00', ''),
  (2, 0, 'Replace the disks of cp1', '1', '', '', 2, 'Completed', '2026-02-19', '2026-03-31', 1, '2026-03-27 11:40:00', '');
INSERT INTO mod_projecttasks (id, projectid, task, notes, adminid, created, duedate, completed, billed, `order`) VALUES
  (1, 1, 'Set up the machine', 'Two disks, mirrored.', 2, '2026-11-03 09:10:00', '2026-11-20', 1, 0, 1),
  (2, 1, 'Copy the shop', '', 0, '2026-11-03 09:12:00', '0000-00-00', 0, 0, 2),
  (3, 2, 'Order the disks', '', 2, '2026-02-19 12:00:00', '2026-02-26', 1, 1, 1);
INSERT INTO mod_projecttimes (id, projectid, taskid, adminid, start, end, donotbill) VALUES
  (1, 1, 1, '2', '1795003200', '1795010400', 0),
  (2, 1, 2, '2', '1795014000', '0', 0);
INSERT INTO mod_projectmessages (id, projectid, date, message, adminid) VALUES
  (1, 1, '2026-11-18 17:02:00', 'The machine is in the rack. Who copies the shop?', 1);
INSERT INTO mod_projectlog (projectid, date, msg, adminid) VALUES
  (1, '2026-11-03 09:05:00', 'Project Created', 1), (1, '2026-11-18 17:02:00', 'Message Added', 1);

-- Marie has invited her bookkeeper, who has not accepted yet. The token is the hash of one that nobody knows.
INSERT INTO tbluser_invites (token, email, client_id, invited_by, invited_by_admin, permissions, created_at, updated_at) VALUES
  ('sha256:a807aa57063e82b1cb6d5aab03d31e81de74a5b2ef05f4132b23173317e5d94c', 'contas@example.org', 3, 3, 0, 'invoices,quotes,emails', '2026-11-18 10:20:00', '2026-11-18 10:20:00');

-- Programs at which clients log in with their log-in here. Their secrets are lost.
INSERT INTO tbloauthserver_clients (id, identifier, secret, redirect_uri, grant_types, name, description, created_at, updated_at) VALUES
  (1, 'ATLANTIC-HOSTING.bWFkZSBmb3IgYSBkZQ==', '', 'https://wiki.example.com/callback', 'authorization_code', 'Wiki', 'Where clients write', '2024-04-08 10:00:00', '2024-04-08 10:00:00'),
  (2, 'ATLANTIC-HOSTING.YW5vdGhlciBvbmUgLg==', '', '', 'authorization_code', 'Old forum', '', '2020-01-20 10:00:00', '2020-01-20 10:00:00');
INSERT INTO tbloauthserver_client_scopes (client_id, scope_id) VALUES (1, 20), (1, 21), (1, 22), (2, 20);

-- What the daily automation did this morning: it invoiced the care of a firewall, and told of an invoice that is late.
INSERT INTO mod_whmcs_api_automation_runs (day, task, started_at, finished_at, failures, counts) VALUES
  ('2026-11-20', 'day', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"marker":"2026-11-20 06:00:00"}'),
  ('2026-11-20', 'invoices', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"created":1}'),
  ('2026-11-20', 'domain_status', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"expired":0,"grace":0,"redemption":0}'),
  ('2026-11-20', 'captures', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"requested":0}'),
  ('2026-11-20', 'reminders', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"overdue_notices":1,"reminders":0,"without_recipient":0}'),
  ('2026-11-20', 'cancellations', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"cancelled":0}'),
  ('2026-11-20', 'unsuspensions', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"unsuspended":0}'),
  ('2026-11-20', 'suspensions', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"suspended":0}'),
  ('2026-11-20', 'fixed_terms', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"terminated":0}'),
  ('2026-11-20', 'domain_notices', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"sent":0}'),
  ('2026-11-20', 'card_notices', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"sent":0}'),
  ('2026-11-20', 'commissions', '2026-11-20 06:00:00', '2026-11-20 06:00:00', 0, '{"credited":0,"dropped":0}');
INSERT INTO mod_whmcs_api_notices (subject, subject_id, notice, due_date, sent_on) VALUES ('invoice', 127, 'first', '2026-11-19', '2026-11-20');
INSERT INTO tbllog_register (name, namespace, namespace_value, created_at, updated_at) VALUES
  ('Invoices services, addons, domains and billable items that fall due.', 'invoices.created', '1', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Sets domains that have expired to Grace, Redemption and Expired.', 'domain_status.expired', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Sets domains that have expired to Grace, Redemption and Expired.', 'domain_status.grace', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Sets domains that have expired to Grace, Redemption and Expired.', 'domain_status.redemption', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Charges unpaid invoices to the ways to pay that gateways have stored.', 'captures.requested', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Reminds clients of unpaid invoices, before and after they are due.', 'reminders.overdue_notices', '1', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Reminds clients of unpaid invoices, before and after they are due.', 'reminders.reminders', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Reminds clients of unpaid invoices, before and after they are due.', 'reminders.without_recipient', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Carries out requests to cancel services.', 'cancellations.cancelled', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Unsuspends services that were suspended for lack of payment, and are paid.', 'unsuspensions.unsuspended', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Suspends services that are not paid.', 'suspensions.suspended', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Terminates services whose products end them after a number of days.', 'fixed_terms.terminated', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Tells clients that domains are due for renewal.', 'domain_notices.sent', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Tells clients that their stored cards end with the next month.', 'card_notices.sent', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Credits commissions of affiliates that clear.', 'commissions.credited', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00'),
  ('Credits commissions of affiliates that clear.', 'commissions.dropped', '0', '2026-11-20 06:00:00', '2026-11-20 06:00:00');
INSERT INTO tblconfiguration (setting, value, created_at, updated_at) VALUES ('lastDailyCronInvocationTime', '2026-11-20 06:00:00', '2026-11-20 06:00:00', '2026-11-20 06:00:00');
