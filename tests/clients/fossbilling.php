<?php
// PHP's curl as programs for FOSSBilling have used it from the beginning: forms with arrays, and index.php without rewriting.
[, $address] = $argv;

function call(string $path, array $parameters)
{
    global $address;
    $curl = curl_init();
    curl_setopt_array($curl, [
        CURLOPT_URL => "$address/index.php?_url=/api/$path",
        CURLOPT_POST => 1,
        CURLOPT_POSTFIELDS => http_build_query($parameters),
        CURLOPT_USERPWD => 'admin:DemoAdminKey00000000000000000001',
        CURLOPT_RETURNTRANSFER => 1,
    ]);
    $reply = json_decode(curl_exec($curl), true);
    if ($reply['error'] !== null) {
        exit("failed: " . json_encode($reply) . "\n");
    }
    return $reply['result'];
}

$items = [['title' => 'Work', 'price' => '10.00', 'quantity' => 2], ['title' => 'More', 'price' => '5.00']];
$invoice = call('admin/invoice/prepare', ['client_id' => 1, 'items' => $items, 'approve' => 1]);
$found = call('admin/invoice/get', ['id' => $invoice]);
if ($found['subtotal'] != 25 || count($found['lines']) !== 2) {
    fwrite(STDERR, json_encode($found) . "\n");
    exit(1);
}
call('admin/invoice/mark_as_paid', ['id' => $invoice, 'transactionId' => 'TX-FORM']);
if (call('admin/invoice/get', ['id' => $invoice])['status'] !== 'paid') {
    exit(1);
}
echo "forms with arrays ... ok\n1 passed, 0 failed\n";
