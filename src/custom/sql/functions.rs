//! The functions that a custom action may call. Any other one, also one that is stored in the database, might lock, sleep, write
//! or read files, or do work that no time limit ends.

/// The functions of MariaDB and MySQL that compute their result from their arguments, from the rows, or from the clock.
/// What is missing on purpose: those that lock (`GET_LOCK`), wait (`SLEEP`, `MASTER_POS_WAIT`), read files (`LOAD_FILE`),
/// change the session (`LAST_INSERT_ID`) or a sequence (`NEXTVAL`), and those with a number of rounds (`BENCHMARK`, `KDF`).
const FUNCTIONS: &str = "
    abs acos adddate addtime add_months aes_decrypt aes_encrypt any_value ascii asin atan atan2 avg
    bin bin_to_uuid bit_and bit_count bit_length bit_or bit_xor
    ceil ceiling char character_length char_length charset chr coalesce coercibility collation column_check column_exists
    column_get column_json column_list compress concat concat_ws connection_id conv convert convert_tz cos cot count crc32 crc32c
    cume_dist curdate current_date current_role current_time current_timestamp current_user curtime
    database date datediff date_add date_format date_sub day dayname dayofmonth dayofweek dayofyear decode default degrees
    dense_rank
    elt exp export_set extract extractvalue
    field find_in_set first_value floor format format_bytes format_pico_time found_rows from_base64 from_days from_unixtime
    geometrycollection get_format greatest grouping group_concat
    hex hour
    if ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_uuid
    isnull
    json_array json_array_append json_array_insert json_array_intersect json_arrayagg json_compact json_contains
    json_contains_path json_depth json_detailed json_equals json_exists json_extract json_insert json_key_value json_keys
    json_length json_loose json_merge json_merge_patch json_merge_preserve json_normalize json_object json_object_filter_keys
    json_object_to_array json_objectagg json_overlaps json_pretty json_query json_quote json_remove json_replace
    json_schema_valid json_schema_validation_report json_search json_set json_storage_free json_storage_size json_table json_type
    json_unquote json_valid json_value
    lag last_day last_value lcase lead least left length lengthb linestring ln localtime localtimestamp locate log
    log10 log2 lower lpad ltrim
    makedate maketime make_set match max mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequal mbrequals mbrintersects
    mbroverlaps mbrtouches mbrwithin md5 median microsecond mid min minute mod month monthname months_between multilinestring
    multipoint multipolygon
    name_const natural_sort_key now nth_value ntile nullif nvl nvl2
    oct octet_length ord
    percent_rank percentile_cont percentile_disc period_add period_diff pi point polygon position pow power
    quarter quote
    radians rand random_bytes rank regexp_instr regexp_like regexp_replace regexp_substr repeat replace reverse right round row
    row_count row_number rownum rpad rtrim
    schema second sec_to_time session_user sformat sha sha1 sha2 sign sin soundex space sqrt std stddev stddev_pop stddev_samp
    str_to_date strcmp subdate substr substring substring_index subtime sum sysdate sys_guid system_user
    st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt st_boundary st_buffer st_centroid st_collect
    st_contains st_convexhull st_crosses st_difference st_dimension st_disjoint st_distance st_distance_sphere
    st_endpoint st_envelope st_equals st_exteriorring st_geohash st_geometryfromtext st_geometryn st_geometrytype
    st_geomfromgeojson st_geomfromtext st_geomfromwkb st_interiorringn st_intersection st_intersects st_isclosed
    st_isempty st_isring st_issimple st_isvalid st_latfromgeohash st_latitude st_length st_linefromtext
    st_longfromgeohash st_longitude st_makeenvelope st_numgeometries st_numinteriorrings st_numpoints st_overlaps
    st_pointfromgeohash st_pointfromtext st_pointn st_pointonsurface st_polyfromtext st_relate st_simplify st_srid
    st_startpoint st_swapxy st_symdifference st_touches st_transform st_union st_validate st_within st_x st_y
    tan time timediff timestamp timestampadd timestampdiff time_format time_to_sec to_base64 to_char to_date to_days to_number
    to_seconds trim trim_oracle trunc truncate
    ucase uncompress uncompressed_length unhex unix_timestamp updatexml upper user utc_date utc_time utc_timestamp uuid
    uuid_short uuid_to_bin uuid_v4 uuid_v7
    value values var_pop var_samp variance vec_distance vec_distance_cosine vec_distance_euclidean vec_fromtext vec_totext
    version
    week weekday weekofyear weight_string
    xor
    year yearweek
";

/// The words of SQL after which a parenthesis may stand without a function being called: keywords, and types with a size.
const KEYWORDS: &str = "
    against all and any as asc between by case cast collate columns cross desc distinct distinctrow div else end escape except
    exists fetch filter first force following for from full group groups having ignore in index inner intersect is join key
    lateral like limit minus mod natural nested next not nulls of offset on only or order ordinality outer over partition path
    preceding range recursive regexp right left rlike rows select separator some sounds straight_join then to union unbounded use
    using values when where window with within xor zone
    binary bit blob character char date datetime dec decimal double enum fixed float int integer nchar numeric nvarchar real set
    signed smallint text time timestamp tinyint unsigned varbinary varchar varchar2 year mediumint bigint json
";

/// Whether an action may write this word, in lower case, before a parenthesis.
pub fn may_precede_parenthesis(word: &str) -> bool {
    let is_listed = |list: &str| list.split_ascii_whitespace().any(|listed| listed == word);
    is_listed(FUNCTIONS) || is_listed(KEYWORDS)
}
