<?php
/** GetInvoice and GetInvoices. */

declare(strict_types=1);

const NO_DATE = '0000-00-00';
const NO_TIME = '0000-00-00 00:00:00';

const COLUMNS = "
    SELECT i.id, i.userid, c.firstname, c.lastname, c.companyname, i.invoicenum, i.date, i.duedate, i.datepaid,
           i.last_capture_attempt, i.date_refunded, i.date_cancelled, i.subtotal, i.credit, i.tax, i.tax2, i.total,
           i.taxrate, i.taxrate2, i.status, i.paymentmethod, i.paymethodid, i.notes, i.created_at, i.updated_at,
           m.code, m.prefix, m.suffix";
const CHARGES_CARDS = "
    , EXISTS(SELECT 1 FROM tblpaymentgateways
             WHERE gateway = i.paymentmethod AND setting = 'type' AND value = 'CC') AS charges_cards";
const NUMBER = ', (SELECT COUNT(*) FROM tblinvoices WHERE userid = ?) AS number';
const TABLES = "
    FROM tblinvoices i LEFT JOIN tblclients c ON c.id = i.userid LEFT JOIN tblcurrencies m ON m.id = c.currency ";

function get_invoice(PDO $db, array $sent): array
{
    $id = $sent['invoiceid'] ?? '';
    $invoice = row($db, COLUMNS . CHARGES_CARDS . TABLES . 'WHERE i.id = ?', [$id]) ?? throw new Refusal('Invoice ID Not Found');
    $lines = rows(
        $db,
        'SELECT id, type, relid, description, amount, taxed FROM tblinvoiceitems WHERE invoiceid = ? ORDER BY id',
        [$id],
    );
    $payments = rows(
        $db,
        'SELECT id, userid, currency, gateway, date, description, amountin, fees, amountout, rate, transid, invoiceid,
                refundid
         FROM tblaccounts WHERE invoiceid = ? ORDER BY id',
        [$id],
    );
    $paid = 0;
    foreach ($payments as &$payment) {
        $paid += cents($payment['amountin']) - cents($payment['amountout']);
        foreach (['id', 'userid', 'currency', 'invoiceid', 'refundid'] as $name) {
            $payment[$name] = (string) $payment[$name];
        }
    }
    return [
        'invoiceid' => $invoice['id'],
        'invoicenum' => $invoice['invoicenum'],
        'userid' => $invoice['userid'],
        'date' => $invoice['date'] ?? NO_DATE,
        'duedate' => $invoice['duedate'] ?? NO_DATE,
        'datepaid' => $invoice['datepaid'] ?? NO_TIME,
        'lastcaptureattempt' => $invoice['last_capture_attempt'] ?? NO_TIME,
        'subtotal' => $invoice['subtotal'],
        'credit' => $invoice['credit'],
        'tax' => $invoice['tax'],
        'tax2' => $invoice['tax2'],
        'total' => $invoice['total'],
        'balance' => amount(cents($invoice['total']) - $paid),
        'taxrate' => $invoice['taxrate'],
        'taxrate2' => $invoice['taxrate2'],
        'status' => $invoice['status'],
        'paymentmethod' => $invoice['paymentmethod'],
        'notes' => $invoice['notes'],
        'ccgateway' => (bool) $invoice['charges_cards'],
        'items' => ['item' => $lines],
        'transactions' => $payments === [] ? '' : ['transaction' => $payments],
        'currencycode' => $invoice['code'] ?? '',
        'currencyprefix' => $invoice['prefix'] ?? '',
        'currencysuffix' => $invoice['suffix'] ?? '',
    ];
}

function get_invoices(PDO $db, array $sent): array
{
    [$start, $count] = [(int) ($sent['limitstart'] ?? 0), (int) ($sent['limitnum'] ?? 25)];
    $client = $sent['userid'] ?? '';
    $page = COLUMNS . NUMBER . TABLES . "WHERE i.userid = ? ORDER BY i.id LIMIT $start, $count";
    $rows = rows($db, $page, [$client, $client]);
    $total = $rows[0]['number'] ?? 0;
    $invoices = array_map(fn ($invoice) => [
        'id' => $invoice['id'],
        'userid' => $invoice['userid'],
        'firstname' => $invoice['firstname'] ?? '',
        'lastname' => $invoice['lastname'] ?? '',
        'companyname' => $invoice['companyname'] ?? '',
        'invoicenum' => $invoice['invoicenum'],
        'date' => $invoice['date'] ?? NO_DATE,
        'duedate' => $invoice['duedate'] ?? NO_DATE,
        'datepaid' => $invoice['datepaid'] ?? NO_TIME,
        'last_capture_attempt' => $invoice['last_capture_attempt'] ?? NO_TIME,
        'date_refunded' => $invoice['date_refunded'] ?? NO_TIME,
        'date_cancelled' => $invoice['date_cancelled'] ?? NO_TIME,
        'subtotal' => $invoice['subtotal'],
        'credit' => $invoice['credit'],
        'tax' => $invoice['tax'],
        'tax2' => $invoice['tax2'],
        'total' => $invoice['total'],
        'taxrate' => $invoice['taxrate'],
        'taxrate2' => $invoice['taxrate2'],
        'status' => $invoice['status'],
        'paymentmethod' => $invoice['paymentmethod'],
        'paymethodid' => $invoice['paymethodid'],
        'notes' => $invoice['notes'],
        'created_at' => $invoice['created_at'] ?? NO_TIME,
        'updated_at' => $invoice['updated_at'] ?? NO_TIME,
        'currencycode' => $invoice['code'] ?? '',
        'currencyprefix' => $invoice['prefix'] ?? '',
        'currencysuffix' => $invoice['suffix'] ?? '',
    ], $rows);
    return [
        'totalresults' => $total,
        'startnumber' => $start,
        'numreturned' => count($invoices),
        'invoices' => ['invoice' => $invoices],
    ];
}
