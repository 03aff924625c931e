<?php
// PHP's curl as WHMCS's documentation shows it, and with an array for its fields, which it sends as multipart.
[, $endpoint, $identifier, $secret] = $argv;
$fields = ['action' => 'AddCredit', 'username' => $identifier, 'password' => $secret, 'clientid' => '1',
           'description' => 'Adding funds via api', 'amount' => '12.34', 'adminid' => '1', 'responsetype' => 'json'];
$balances = [];
foreach ([http_build_query($fields), $fields] as $sent) {
    $curl = curl_init();
    curl_setopt_array($curl, [CURLOPT_URL => $endpoint, CURLOPT_POST => 1, CURLOPT_POSTFIELDS => $sent, CURLOPT_RETURNTRANSFER => 1]);
    $reply = json_decode(curl_exec($curl), true);
    if ($reply['result'] !== 'success') {
        exit("failed: " . json_encode($reply) . "\n");
    }
    $balances[] = $reply['newbalance'];
}
if ($balances !== ['123.45', '135.79']) {
    fwrite(STDERR, json_encode($balances) . "\n");
    exit(1);
}
echo "urlencoded and multipart ... ok\n2 passed, 0 failed\n";
