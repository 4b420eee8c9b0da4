//! What every store promises, as named cases.
//!
//! A case gets a fresh store and says one thing about it; its name is that thing. The list stands
//! in [`contract!`](crate::contract!), which makes one test of each case: whoever adds a case adds
//! it to the list (a test sees to that), and with it to every store.
//!
//! Cases use nothing but the ports, so what a store does on its own account (files, migrations,
//! what it makes of a newer version's entries) is tested beside that store.

pub mod accounts;
pub mod acts;
pub mod checks;
pub mod descriptions;
pub mod enrolment;
pub mod journal;
pub mod kept_answers;
pub mod link_tickets;
pub mod listing;
pub mod notifications;
pub mod outbox;
pub mod pushes;
pub mod records;
pub mod removal;
pub mod samples;
pub mod seen_messages;
pub mod settings;
pub mod tokens;
pub mod webhooks;

/// Makes a test of every case of the contract.
///
/// `$perform` is the name of an `async fn(case: impl AsyncFnOnce(&dyn Store) -> Result<(), Error>)`
/// that opens a fresh store, lets the case have it, and fails when the case does. The caller's
/// crate needs `tokio` with its macros among its development dependencies.
#[macro_export]
macro_rules! contract {
    ($perform:ident) => {
        $crate::contract! { $perform =>
            accounts::{
                a_closed_account_has_no_valid_tokens_and_gets_no_new_ones,
                a_fresh_store_is_empty,
                a_taken_name_is_not_given_to_another_account,
                accounts_are_listed_in_the_order_in_which_they_were_opened,
                an_account_has_the_name_that_it_was_given_last,
                an_account_is_listed_as_it_was_opened,
                an_account_with_a_taken_id_is_a_conflict_and_changes_nothing,
                an_account_with_a_taken_name_is_a_conflict_and_changes_nothing,
                an_account_with_instances_is_not_closed,
                names_that_only_look_alike_are_two_names,
            }
            acts::{
                acts_are_told_to_their_account_only,
                acts_come_in_pages_that_begin_before_an_entry,
                an_act_is_read_as_it_was_recorded,
                old_acts_are_forgotten_and_their_numbers_stay_used,
            }
            checks::{
                a_key_check_replaces_the_one_before,
            }
            enrolment::{
                a_number_is_given_to_one_of_many_who_ask_at_once,
                a_taken_id_is_a_conflict_and_changes_nothing,
                a_taken_number_is_a_conflict_and_changes_nothing,
                a_taken_token_is_a_conflict_and_changes_nothing,
                an_instance_with_its_token_and_settings_is_found_as_it_was_enrolled,
                an_instance_without_an_account_is_not_found_and_changes_nothing,
                an_instance_with_a_token_of_another_is_not_found_and_changes_nothing,
                every_name_comes_back_as_it_was_given,
                nothing_of_a_forgotten_instance_is_given_a_second_time,
                nothing_of_a_removed_instance_is_given_a_second_time,
            }
            journal::{
                a_note_is_numbered_among_the_events_and_leaves_the_standing,
                a_standing_is_read_as_it_was_written,
                an_event_goes_to_its_own_instance_only,
                an_event_is_read_as_it_was_written,
                an_instance_stands_where_its_last_event_left_it,
                events_written_together_follow_one_another,
                events_of_unknown_and_removed_instances_are_not_found,
                events_written_at_once_are_numbered_without_gaps,
                forgetting_takes_what_is_old_or_too_much_but_the_last_change_of_state,
                numbers_follow_one_another_in_the_order_of_the_calls,
                numbers_of_events_are_never_used_a_second_time,
                reading_begins_after_the_given_event_and_ends_at_the_limit,
                the_newest_events_come_first_and_end_at_the_limit,
                times_are_kept_to_the_millisecond,
            }
            kept_answers::{
                a_creation_that_is_refused_keeps_no_answer,
                an_answer_is_read_as_it_was_kept,
                an_answer_takes_the_place_of_the_one_before,
                everything_that_can_be_created_is_created_with_its_answer,
                of_each_owner_the_newest_answers_stay,
                old_answers_are_forgotten,
            }
            link_tickets::{
                a_ticket_ends_once,
                a_ticket_is_found_as_it_was_issued,
                a_ticket_of_nobody_is_not_found,
                a_ticket_that_expired_or_ended_is_not_opened,
                a_ticket_with_a_taken_id_or_text_is_a_conflict,
                forgetting_takes_what_ended_before_the_cutoff_and_nothing_else,
                one_of_many_who_open_a_ticket_at_once_gets_it,
                removing_an_instance_takes_its_tickets,
                tickets_whose_time_is_over_are_lapsed_until_they_end,
            }
            listing::{
                a_filter_by_account_lists_that_accounts_instances,
                an_instance_is_found_by_whom_it_belongs_to,
                an_unknown_instance_is_nobody,
                instances_are_listed_in_the_order_in_which_they_were_created,
                removed_instances_are_listed_on_request_only,
            }
            notifications::{
                dropping_takes_the_oldest_and_the_journal_says_how_many,
                notifications_are_of_one_instance_and_go_with_it,
                only_the_head_is_settled_and_once,
                the_head_stays_until_it_is_settled,
                what_is_too_old_is_neither_told_nor_counted_nor_settled,
            }
            pushes::{
                a_queue_is_held_back_until_it_is_let_go,
                nothing_of_a_queue_outlives_its_instance,
                the_list_of_what_was_dropped_has_its_limits,
                what_is_dropped_is_listed_with_its_reason,
                what_takes_the_head_off_lets_the_queue_go,
            }
            outbox::{
                a_message_is_accepted_once_and_only_while_there_is_room,
                a_message_leaves_the_queue_once_and_with_its_events,
                a_record_goes_forward_only_and_writes_each_step_down_once,
                expired_messages_are_told_oldest_first_and_the_next_is_known,
                messages_wait_in_the_order_in_which_they_were_accepted,
                old_records_are_forgotten_but_not_those_of_waiting_messages,
                queue_and_records_go_with_their_instance,
            }
            records::{
                a_change_that_is_refused_changes_nothing,
                a_record_is_read_as_it_was_put,
                a_record_takes_the_place_of_the_one_before,
                a_scan_tells_what_begins_so_in_the_order_of_names,
                deleting_takes_what_is_named_and_nothing_else,
                erasing_takes_one_kind_or_all_of_one_instance,
                records_go_with_their_instance,
                steps_are_taken_in_their_order,
                what_was_due_before_the_cutoff_is_forgotten,
            }
            removal::{
                a_removed_instance_is_found_with_the_time_of_its_removal,
                a_second_removal_is_refused_and_changes_nothing,
                forgetting_spares_everything_else,
                forgetting_takes_what_was_removed_before_the_cutoff,
                removing_erases_settings_standing_and_journal,
                tokens_of_a_removed_instance_stay_known,
            }
            seen_messages::{
                a_message_is_written_down_once,
                forgetting_what_was_seen_leaves_events_and_what_is_newer,
                of_a_commit_only_what_is_new_is_written_with_its_notifications,
                what_was_seen_goes_with_its_instance,
            }
            descriptions::{
                a_description_of_an_unknown_or_removed_instance_is_not_found,
                a_description_replaces_the_one_before_and_nothing_else,
            }
            settings::{
                large_and_empty_settings_come_back_as_they_were_saved,
                settings_of_unknown_and_removed_instances_are_not_found,
                settings_replace_those_before,
            }
            tokens::{
                a_new_token_of_an_account_revokes_the_others_of_its_kind_and_account_at_once,
                a_new_token_revokes_the_others_of_its_kind_and_instance_at_once,
                a_new_token_that_is_refused_leaves_the_old_one_valid,
                a_revoked_token_is_found_with_the_time_of_its_end,
                a_taken_token_is_a_conflict_and_changes_nothing,
                a_token_is_found_as_it_was_issued,
                a_token_with_the_name_of_another_is_a_conflict,
                a_token_without_its_owner_is_not_found_and_changes_nothing,
                an_unknown_hash_is_no_token,
                only_one_of_many_new_tokens_at_once_stays_valid,
                tokens_are_listed_by_account_in_the_order_in_which_they_were_issued,
            }
            webhooks::{
                an_attempt_settles_a_delivery_that_is_due,
                an_endpoint_is_disabled_once_and_enabled_once,
                an_endpoint_is_found_as_it_was_added,
                an_endpoint_needs_an_account_and_an_id_of_its_own,
                an_event_goes_to_each_endpoint_that_takes_it,
                dead_letters_are_due_again_when_they_are_replayed,
                deliveries_are_told_with_their_attempts,
                deliveries_go_with_their_endpoint_and_with_their_instance,
                forgetting_takes_what_ended_before_the_cutoff,
                what_is_due_again_comes_after_what_waited,
                what_is_due_is_told_endpoint_by_endpoint,
                what_is_under_way_is_not_told_again,
                what_too_many_wait_behind_becomes_a_dead_letter,
                what_waits_for_an_endpoint_that_rests_becomes_a_dead_letter_in_time,
            }
        }
    };
    ($perform:ident => $($topic:ident::{ $($case:ident,)+ })+) => {
        $(
            mod $topic {
                $(
                    #[tokio::test]
                    async fn $case() {
                        super::$perform($crate::contract::$topic::$case).await;
                    }
                )+
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    /// What stands between `start`, at the beginning of a line, and `end` behind it.
    fn named<'a>(text: &'a str, start: &'a str, end: char) -> impl Iterator<Item = &'a str> {
        text.lines().filter_map(move |line| Some(line.strip_prefix(start)?.split_once(end)?.0))
    }

    #[test]
    fn every_case_is_on_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let list = std::fs::read_to_string(folder.join("contract.rs")).unwrap();
        for topic in named(&list, "pub mod ", ';').filter(|topic| *topic != "samples") {
            let source = folder.join("contract").join(format!("{topic}.rs"));
            let source = std::fs::read_to_string(source).unwrap();
            let cases: BTreeSet<&str> = named(&source, "pub async fn ", '(').collect();
            let (_, listed) = list.split_once(&format!(" {topic}::{{")).unwrap();
            let (listed, _) = listed.split_once('}').unwrap();
            let listed: BTreeSet<&str> =
                listed.split(',').map(str::trim).filter(|case| !case.is_empty()).collect();
            assert_eq!(cases, listed, "cases of {topic}, and those on the list");
            assert!(!cases.is_empty(), "{topic} says nothing");
        }
    }
}
