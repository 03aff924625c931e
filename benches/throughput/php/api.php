<?php
/**
 * The PHP peer of `make bench`: the measured actions as a lean PHP endpoint, without a framework.
 *
 * For each call it does what the server does: it reads the credential and its roles, verifies the secret, checks the
 * address and the permission, reads or writes the same rows, makes the same reply, and records the call in the API log
 * with secrets hidden. It does not do what only the server can do: rate limits, replays of repeated requests, retries
 * after deadlocks, formats other than JSON, and validation beyond what these calls need.
 */

declare(strict_types=1);

require __DIR__ . '/database.php';
require __DIR__ . '/credential.php';
require __DIR__ . '/api_log.php';

/** A call that is rejected, with the message for the caller. */
final class Refusal extends Exception
{
}

/** The file and the function of each action, and whether it writes. */
const ACTIONS = [
    'GetCredits' => ['credit.php', 'get_credits', false],
    'AddCredit' => ['credit.php', 'add_credit', true],
    'GetInvoice' => ['invoices.php', 'get_invoice', false],
    'GetInvoices' => ['invoices.php', 'get_invoices', false],
    'GetClientsDetails' => ['clients.php', 'get_clients_details', false],
    'GetProductsGroups' => ['products.php', 'get_products_groups', false],
    'GetProductsActive' => ['products.php', 'get_products_active', false],
];

$record = new Record(hrtime(true));
$db = database();
try {
    $credential = authenticate($db, $_POST, $_SERVER['REMOTE_ADDR']);
    $record->credential = $credential['identifier'];
    $action = $_POST['action'] ?? '';
    [$file, $run, $writes] = ACTIONS[$action] ?? throw new Refusal('Command Not Found');
    require_permission($credential, $action);
    require __DIR__ . '/' . $file;
    if ($writes) {
        $db->beginTransaction();
    }
    $reply = encode(['result' => 'success'] + $run($db, $_POST, $credential));
    if ($writes) {
        // The record of a write is committed with it.
        $record->insert($db, $reply);
        $db->commit();
        answer($record, $reply);
    } else {
        answer($record, $reply);
        $record->insert($db, $reply);
    }
} catch (Refusal $refusal) {
    if ($db->inTransaction()) {
        $db->rollBack();
    }
    $record->isError = true;
    $reply = encode(['result' => 'error', 'message' => $refusal->getMessage()]);
    answer($record, $reply);
    $record->insert($db, $reply);
}

/** JSON with the escapes that the server's replies have. */
function encode(array $reply): string
{
    return json_encode($reply, JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);
}

/** Sends the reply to the client, which does not wait for what follows. */
function answer(Record $record, string $reply): void
{
    header('Content-Type: application/json');
    header('Cache-Control: no-store');
    header('X-Content-Type-Options: nosniff');
    header("X-Request-Id: $record->requestId");
    header('Content-Length: ' . strlen($reply));
    echo $reply;
    fastcgi_finish_request();
}
