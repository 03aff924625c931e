<?php
/** GetCredits and AddCredit. */

declare(strict_types=1);

function get_credits(PDO $db, array $sent): array
{
    $entries = rows(
        $db,
        'SELECT t.id, t.date, t.description, t.amount, t.relid
         FROM tblclients c LEFT JOIN tblcredit t ON t.clientid = c.id WHERE c.id = ?',
        [$sent['clientid']],
    ) ?: throw new Refusal('Client ID Not Found');
    $entries = array_filter($entries, fn ($entry) => $entry['id'] !== null);
    usort($entries, fn ($one, $other) => $one['date'] <=> $other['date'] ?: $one['id'] <=> $other['id']);
    $credit = array_map(fn ($entry) => [
        'id' => (string) $entry['id'],
        'date' => $entry['date'],
        'description' => $entry['description'],
        'amount' => $entry['amount'],
        'relid' => (string) $entry['relid'],
    ], $entries);
    return ['totalresults' => count($credit), 'clientid' => $sent['clientid'], 'credits' => ['credit' => $credit]];
}

/** Runs within a transaction. The client's row is locked first, and the balance never falls below zero. */
function add_credit(PDO $db, array $sent, array $credential): array
{
    $client = row($db, 'SELECT id, credit FROM tblclients WHERE id = ? FOR UPDATE', [$sent['clientid'] ?? ''])
        ?? throw new Refusal('Client ID Not Found');
    if (!preg_match('/^\d{1,14}(\.\d\d)?$/', $sent['amount'] ?? '')) {
        throw new Refusal('Amount must be in decimal format: ### or ###.##');
    }
    $description = $sent['description'] ?? '';
    $amount = cents(str_contains($sent['amount'], '.') ? $sent['amount'] : "{$sent['amount']}.00");
    $isRemoval = ($sent['type'] ?? 'add') === 'remove';
    $change = amount($isRemoval ? -$amount : $amount);
    $balance = amount(cents($client['credit']) + cents($change));
    $now = gmdate('Y-m-d H:i:s');

    $changed = run(
        $db,
        'UPDATE tblclients SET credit = credit + CAST(? AS DECIMAL(16,2)), updated_at = ?
         WHERE id = ? AND credit + CAST(? AS DECIMAL(16,2)) >= LEAST(credit, 0)',
        [$change, $now, $client['id'], $change],
    );
    if ($changed->rowCount() === 0) {
        throw new Refusal('Amount exceeds customer credit balance');
    }
    run(
        $db,
        'INSERT INTO tblcredit (clientid, admin_id, date, description, amount, relid) VALUES (?, ?, ?, ?, ?, 0)',
        [$client['id'], $credential['admin'], substr($now, 0, 10), $description, $change],
    );
    $done = $isRemoval ? 'Removed' : 'Added';
    $line = "$done Credit - Client ID: {$client['id']} - Amount: " . amount($amount) . " - New Balance: $balance";
    run(
        $db,
        'INSERT INTO tblactivitylog (date, description, user, userid, user_id, admin_id, ipaddr)
         VALUES (?, ?, ?, ?, 0, ?, ?)',
        [$now, $line, $credential['username'], $client['id'], $credential['admin'], $_SERVER['REMOTE_ADDR']],
    );
    return ['newbalance' => $balance];
}
