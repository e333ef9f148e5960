//! The catalogue: each entry, what went wrong elsewhere, and the tests that show that it does not here.
//!
//! `V` are published flaws, `5.1` the classes of frames, `5.2` those of handshakes, `5.3` what is left of compression
//! when it was not agreed to, `5.4` budgets.

/// A test with its name.
pub(crate) type Test = (&'static str, fn());

macro_rules! entries {
    ($($id:literal $what:literal $($module:ident $test:ident)+;)*) => {
        /// Entry, flaw, tests: a name that is no test does not compile.
        pub(crate) const ENTRIES: &[(&str, &str, &[Test])] =
            &[$(($id, $what, &[$((stringify!($test), crate::$module::$test as fn())),+]),)*];
    };
}

entries! {
    "V1" "CVE-2023-43669: the head parsed again with each read" requests v1_cve_2023_43669_heads_byte_by_byte;
    "V2" "CVE-2020-35896: output without limit" floods v2_v55_cve_2020_35896_ping_flood;
    "V3" "CVE-2022-35922: the declared length reserved" lengths v3_v34_v48_v68_cve_2022_35922_declared_capacity;
    "V4" "CVE-2026-25541: overflow in reserving" lengths v4_cve_2026_25541_reserve_near_the_end_of_numbers;
    "V6" "CVE-2021-38512: smuggled bodies" requests v6_cve_2021_38512_smuggling;
    "V8" "panic on bytes that are not ASCII" requests v8_non_ascii_headers;
    "V9" "CVE-2016-10518: memory in a Ping" injection v9_v14_cve_2016_10518_no_bytes_of_something_else;
    "V10" "CVE-2016-10542: no limit by default" lengths v10_cve_2016_10542_limits_are_on_by_default;
    "V11" "GHSA-5v72-xg48-5rpm: names of properties" requests v11_v62_extension_offers_are_data;
    "V12" "CVE-2021-32640: backtracking" requests v12_v24_cve_2021_32640_cve_2020_7662_backtracking;
    "V13" "CVE-2024-37890: fields dropped behind a limit" requests v13_cve_2024_37890_too_many_headers;
    "V14" "CVE-2026-45736: memory in a close reason"
        injection v9_v14_cve_2016_10518_no_bytes_of_something_else
        injection v14_v62_reasons_are_not_cut;
    "V15" "CVE-2026-48779: an object for each fragment" floods v15_cve_2026_48779_empty_fragments;
    "V16" "CVE-2026-1528: upper half of the length" lengths v16_v50_cve_2026_1528_upper_half_of_the_length;
    "V18" "CVE-2026-2229: window bits taken unseen" responses v18_v74_cve_2026_2229_compression_not_offered;
    "V19" "empty first fragments, limits for each frame" frames v19_empty_first_fragment_and_cumulative_limit;
    "V21" "CVE-2022-21676: exceptions by crafted requests" requests v21_cve_2022_21676_errors_are_values;
    "V24" "CVE-2020-7662: backtracking" requests v12_v24_cve_2021_32640_cve_2020_7662_backtracking;
    "V25" "Accept not compared" responses v25_accept_is_compared;
    "V26" "masked Closes from servers" frames v26_masked_close_from_a_server;
    "V27" "handshakes and plain frames not checked"
        requests v27_v42_v44_fields_taken_for_the_handshake
        frames v27_v41_v62_v67_plain_frames_to_a_server;
    "V28" "GHSA-c4j6-fc7j-m34r: absolute targets" requests v28_absolute_and_odd_targets;
    "V32" "RSV1 on continuations" frames v32_v38_v62_rsv1_without_an_extension;
    "V33" "Debug of split text"
        debugging v33_debug_of_split_text
        debugging v33_debug_of_everything_else
        debugging v33_v53_debug_shows_no_secrets;
    "V34" "CVE-2021-21419: huge frames" lengths v3_v34_v48_v68_cve_2022_35922_declared_capacity;
    "V35" "CVE-2019-13611: requests of other sites" requests v35_v52_cross_site_requests;
    "V36" "CVE-2026-54274: limits after buffering" lengths v36_cve_2026_54274_limit_before_buffering;
    "V37" "an object for each read" floods v37_one_byte_reads;
    "V38" "RSV1 without an extension" frames v32_v38_v62_rsv1_without_an_extension;
    "V40" "close codes over 4999" frames v40_v62_close_codes;
    "V41" "plain frames from clients" frames v27_v41_v62_v67_plain_frames_to_a_server;
    "V42" "Upgrade as part of a word" requests v27_v42_v44_fields_taken_for_the_handshake;
    "V43" "CVE-2023-49081: line breaks in requests"
        injection v43_cve_2023_49081_requests
        injection v43_uris;
    "V44" "CVE-2026-34525: two hosts" requests v27_v42_v44_fields_taken_for_the_handshake;
    "V45" "CVE-2020-27813: overflow of the sum" lengths v45_cve_2020_27813_sum_of_lengths;
    "V46" "Pongs twice" frames v46_duplicate_pongs;
    "V47" "lengths over 32 bits" lengths v47_lengths_over_32_bits;
    "V48" "no limit" lengths v3_v34_v48_v68_cve_2022_35922_declared_capacity;
    "V49" "CVE-2026-27571: limits only after a login"
        time v49_cve_2026_27571_limits_from_the_first_byte
        requests lists_of_small_elements;
    "V50" "CVE-2026-27889: overflow of the length" lengths v16_v50_cve_2026_1528_upper_half_of_the_length;
    "V51" "CVE-2022-31080: endless responses" responses v51_cve_2022_31080_endless_responses;
    "V52" "CVE-2019-13209: requests of other sites" requests v35_v52_cross_site_requests;
    "V53" "CVE-2025-10148: one key for all frames"
        injection v53_cve_2025_10148_one_key_for_each_frame
        debugging v33_v53_debug_shows_no_secrets;
    "V54" "CVE-2025-5399: endless loop over a blocked Pong" floods v54_cve_2025_5399_blocked_output_makes_progress;
    "V55" "CVE-2026-11586: Pongs without limit" floods v2_v55_cve_2020_35896_ping_flood;
    "V56" "CVE-2024-52532: garbage read for ever" frames v56_cve_2024_52532_garbage;
    "V57" "CVE-2025-32049: no limit on messages" floods v57_v75_cve_2025_32049_unbounded_reassembly;
    "V58" "CVE-2026-0716: position and length" lengths v58_cve_2026_0716_position_and_length;
    "V59" "messages after an error" frames v59_nothing_after_a_failure floods flood_after_a_failure;
    "V60" "subprotocols in any case, limits off by one"
        requests v60_subprotocols_compare_exactly
        lengths v60_limits_are_inclusive;
    "V62" "anagrams, mask bit, RSV1, closes, keys, reasons"
        requests v11_v62_extension_offers_are_data
        frames v27_v41_v62_v67_plain_frames_to_a_server
        frames v32_v38_v62_rsv1_without_an_extension
        frames v40_v62_close_codes
        injection v14_v62_reasons_are_not_cut
        injection v53_cve_2025_10148_one_key_for_each_frame;
    "V63" "CVE-2025-11677: use after a refusal" requests v63_cve_2025_11677_after_a_refusal;
    "V64" "short URIs and fields" responses v64_short_uris_and_headers;
    "V65" "large responses" responses v65_large_upgrade_response;
    "V67" "plain payload delivered, loops over packets"
        frames v27_v41_v62_v67_plain_frames_to_a_server
        frames v67_messages_in_many_packets;
    "V68" "CVE-2018-21035: no limit" lengths v3_v34_v48_v68_cve_2022_35922_declared_capacity;
    "V69" "CVE-2017-2921: overflow, fragments" lengths v69_cve_2017_2921_fragments_and_truncated_headers;
    "V70" "CVE-2020-13935: highest bit of the length" lengths v70_cve_2020_13935_length_msb;
    "V71" "CVE-2024-23672: closing never ends"
        endings v71_cve_2024_23672_close_never_answered
        time v71_close_deadline_is_not_put_off
        time v71_failed_peers_have_a_deadline
        floods close_flood;
    "V73" "CVE-2026-50020: bytes before the request" requests v73_cve_2026_50020_bytes_before_the_request;
    "V74" "window bits not compared" responses v18_v74_cve_2026_2229_compression_not_offered;
    "V75" "CVE-2026-42786: reassembly without limit" floods v57_v75_cve_2025_32049_unbounded_reassembly;
    "V76" "CVE-2026-43974: 101 unasked" responses v76_cve_2026_43974_unsolicited_101;
    "V78" "CVE-2026-54463: hixie, endless fields, hosts" requests v78_cve_2026_54463_hixie_endless_headers_hosts;
    "5.1-1" "truncated headers" frames c5_1_1_truncated_headers;
    "5.1-2" "cuts" frames c5_1_2_cuts_change_nothing;
    "5.1-3" "reserved bits" frames c5_1_3_to_5_judged_at_the_header;
    "5.1-4" "reserved opcodes" frames c5_1_3_to_5_judged_at_the_header;
    "5.1-5" "control frames too long or fragmented" frames c5_1_3_to_5_judged_at_the_header;
    "5.1-6" "lengths not minimal" lengths c5_1_6_lengths_not_minimal;
    "5.1-7" "lengths over 63 bits, the limit, the machine" lengths c5_1_7_too_long_for_the_form_the_limit_the_machine;
    "5.1-8" "sums of lengths" lengths v45_cve_2020_27813_sum_of_lengths;
    "5.1-9" "mask bit" frames c5_1_9_mask_bit_missing_or_present;
    "5.1-10" "masking keys" frames c5_1_10_keys_and_alignments;
    "5.1-11" "order of fragments" frames c5_1_11_fragments_out_of_order;
    "5.1-12" "nothing at all" frames c5_1_12_empty_frames floods v15_cve_2026_48779_empty_fragments;
    "5.1-13" "bodies of Closes" endings c5_1_13_close_bodies;
    "5.1-14" "after a Close" endings c5_1_14_after_a_close;
    "5.1-15" "Closes that cross" endings c5_1_15_closes_that_cross;
    "5.1-16" "EOF" endings c5_1_16_eof_everywhere;
    "5.1-17" "UTF-8" endings c5_1_17_text_cut_anywhere;
    "5.1-18" "text that turns bad" endings c5_1_18_text_that_turns_bad;
    "5.1-19" "Pings against a peer that does not read"
        floods v2_v55_cve_2020_35896_ping_flood
        floods c5_1_19_pongs_between_own_fragments;
    "5.1-20" "Pongs unasked" floods c5_1_20_pong_flood;
    "5.1-21" "slow messages" time c5_1_21_slow_loris_message;
    "5.1-22" "no limit" lengths c5_1_22_no_limit_grows_with_the_bytes_received;
    "5.1-23" "memory after a large message" floods c5_1_23_memory_is_given_back;
    "5.1-24" "quadratic work"
        floods c5_1_24_one_byte_fragments
        floods c5_1_24_text_in_single_bytes
        floods v37_one_byte_reads
        requests v1_cve_2023_43669_heads_byte_by_byte;
    "5.1-25" "events that hold on" endings c5_1_25_events_do_not_hold_the_connection;
    "5.2-accept" "unusual requests" handshakes c5_2_accept requests accepted_requests_speak_frames;
    "5.2-reject" "malformed requests" handshakes c5_2_reject;
    "5.2-statuses" "statuses beside 400" handshakes c5_2_statuses;
    "5.2-reflect" "requests in responses" handshakes c5_2_nothing_is_reflected;
    "5.2-injection" "line breaks in what is sent"
        injection v43_cve_2023_49081_requests
        injection v43_uris
        injection c5_2_injection_into_responses
        injection c5_2_fields_of_the_handshake
        injection errors_are_one_line;
    "5.2-subprotocols" "subprotocols not offered" handshakes c5_2_subprotocols;
    "5.2-responses" "responses" responses c5_2_responses;
    "5.2-cross-protocol" "other protocols, proxies, caches"
        handshakes c5_2_cross_protocol
        injection v53_cve_2025_10148_one_key_for_each_frame;
    "5.3-offers" "compression offered or answered, and not agreed to"
        requests v11_v62_extension_offers_are_data
        responses v18_v74_cve_2026_2229_compression_not_offered;
    "5.3-rsv1" "compressed frames without an agreement" frames v32_v38_v62_rsv1_without_an_extension;
    "5.4-limits" "limits, from the first byte" time v49_cve_2026_27571_limits_from_the_first_byte;
    "5.4-deadlines" "deadlines" time c5_4_deadlines time slow_loris_handshake;
    "5.4-work" "a constant amount of work for a byte, no memory for control frames"
        floods c5_1_24_one_byte_fragments
        floods c5_1_20_pong_flood
        requests v1_cve_2023_43669_heads_byte_by_byte;
}
