<?php
/** GetProductsGroups and GetProductsActive. */

declare(strict_types=1);

const CYCLES = [
    'msetupfee', 'qsetupfee', 'ssetupfee', 'asetupfee', 'bsetupfee', 'tsetupfee',
    'monthly', 'quarterly', 'semiannually', 'annually', 'biennially', 'triennially',
];

function get_products_groups(PDO $db): array
{
    return ['groups' => rows($db, 'SELECT id, name FROM tblproductgroups WHERE hidden = 0 ORDER BY `order`, id')];
}

/** Rows are sorted here, because the database would sort those with texts on disk. */
function get_products_active(PDO $db): array
{
    $products = rows(
        $db,
        "SELECT p.id, p.gid, COALESCE(g.slug, '') AS group_slug, p.type, p.name, p.slug, p.description, p.servertype,
                p.paytype, p.allowqty, IF(p.stockcontrol, p.qty, 0) AS available, g.`order` AS group_order, p.`order`
         FROM tblproducts p LEFT JOIN tblproductgroups g ON g.id = p.gid WHERE p.hidden = 0",
    );
    $column = fn ($name) => array_column($products, $name);
    [$groupOrders, $groups, $orders, $ids] = [$column('group_order'), $column('gid'), $column('order'), $column('id')];
    $list = implode(',', $ids) ?: '0';
    array_multisort($groupOrders, $groups, $orders, $ids, $products);
    $fields = custom_fields($db, $list);
    $options = config_options($db, $list);
    $prices = prices($db, 'product', $list);
    $url = row($db, "SELECT value FROM tblconfiguration WHERE setting = 'SystemURL'")['value'] ?? '';
    $url = $url === '' ? '' : rtrim($url, '/') . '/';
    $listed = array_map(fn ($product) => [
        'pid' => $product['id'],
        'gid' => $product['gid'],
        'type' => $product['type'],
        'name' => $product['name'],
        'slug' => $product['slug'],
        'product_url' => "$url{$product['group_slug']}/{$product['slug']}",
        'description' => $product['description'],
        'module' => $product['servertype'],
        'paytype' => $product['paytype'],
        'allowqty' => $product['allowqty'],
        'quantity_available' => $product['available'],
        'pricing' => $prices[$product['id']] ?? [],
        'customfields' => ['customfield' => $fields[$product['id']] ?? []],
        'configoptions' => ['configoption' => $options[$product['id']] ?? []],
    ], $products);
    $count = count($listed);
    return ['totalresults' => $count, 'startnumber' => 0, 'numreturned' => $count, 'products' => ['product' => $listed]];
}

/** The custom fields of each product. */
function custom_fields(PDO $db, string $products): array
{
    $rows = rows(
        $db,
        "SELECT relid, id, fieldname, description, required, sortorder FROM tblcustomfields
         WHERE type = 'product' AND showorder = 'on' AND relid IN ($products)",
    );
    [$orders, $ids] = [array_column($rows, 'sortorder'), array_column($rows, 'id')];
    array_multisort($orders, $ids, $rows);
    $fields = [];
    foreach ($rows as $row) {
        $fields[$row['relid']][] = [
            'id' => $row['id'],
            'name' => displayed($row['fieldname']),
            'description' => $row['description'],
            'required' => $row['required'],
        ];
    }
    return $fields;
}

/** The configurable options of each product. Products share groups of options, so each group is read once. */
function config_options(PDO $db, string $products): array
{
    $links = rows($db, "SELECT pid, gid FROM tblproductconfiglinks WHERE pid IN ($products)");
    $groups = implode(',', array_unique(array_column($links, 'gid'))) ?: '0';
    $rows = rows(
        $db,
        "SELECT o.gid, o.id, o.optionname, o.optiontype, o.qtyminimum, o.qtymaximum, o.`order`, s.id AS choice,
                s.optionname AS choice_name, s.sortorder
         FROM tblproductconfigoptions o LEFT JOIN tblproductconfigoptionssub s ON s.configid = o.id AND s.hidden = 0
         WHERE o.hidden = 0 AND o.gid IN ($groups)",
    );
    $column = fn ($name) => array_column($rows, $name);
    [$orders, $ids, $choiceOrders, $choices] = [$column('order'), $column('id'), $column('sortorder'), $column('choice')];
    array_multisort($orders, $ids, $choiceOrders, $choices, $rows);
    $prices = prices($db, 'configoptions', implode(',', array_filter($choices)) ?: '0');
    $byGroup = [];
    foreach ($rows as $row) {
        $option = &$byGroup[$row['gid']][$row['id']];
        $option ??= [
            'id' => $row['id'],
            'name' => displayed($row['optionname']),
            'type' => $row['optiontype'],
            'minqty' => $row['qtyminimum'],
            'maxqty' => $row['qtymaximum'],
            'options' => ['option' => []],
        ];
        if ($row['choice'] !== null) {
            $option['options']['option'][] = [
                'id' => $row['choice'],
                'name' => displayed($row['choice_name']),
                'rawName' => $row['choice_name'],
                'recurring' => 0,
                'required' => null,
                'pricing' => array_map(fn ($price) => array_slice($price, 2), $prices[$row['choice']] ?? []),
            ];
        }
        unset($option);
    }
    $options = [];
    foreach ($links as $link) {
        $options[$link['pid']] = [...$options[$link['pid']] ?? [], ...array_values($byGroup[$link['gid']] ?? [])];
    }
    return $options;
}

/** The prices of each priced item by currency, with prefix and suffix first. */
function prices(PDO $db, string $type, string $items): array
{
    $rows = rows(
        $db,
        'SELECT p.relid, c.id, c.code, c.prefix, c.suffix, p.' . implode(', p.', CYCLES) . "
         FROM tblpricing p JOIN tblcurrencies c ON c.id = p.currency WHERE p.type = ? AND p.relid IN ($items)",
        [$type],
    );
    array_multisort(array_column($rows, 'id'), $rows);
    $prices = [];
    foreach ($rows as $row) {
        $prices[$row['relid']][$row['code']] = array_slice($row, 3);
    }
    return $prices;
}

/** The name for people: what follows a vertical bar. */
function displayed(string $name): string
{
    return explode('|', $name, 2)[1] ?? $name;
}
