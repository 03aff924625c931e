INSERT INTO tblinvoices
  (id, userid, invoicenum, date, duedate, datepaid, subtotal, credit, tax, tax2, total, status, paymentmethod, notes,
   created_at, updated_at)
SELECT seq, 1 + seq MOD {clients}, '', DATE_ADD('2024-01-01', INTERVAL seq MOD 700 DAY),
       DATE_ADD('2024-01-15', INTERVAL seq MOD 700 DAY), IF(seq MOD 5 = 0, '0000-00-00', '2026-01-01'), 30.00, 0.00, 0.00,
       0.00, 30.00, IF(seq MOD 5 = 0, 'Unpaid', 'Paid'), 'banktransfer', '', '2024-01-01', '2024-01-01'
FROM {numbers}
