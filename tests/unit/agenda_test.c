// SPDX-License-Identifier: BSD-3-Clause
// The tools of a meeting: the queue and its order, limits, polls, groups. Tables, and for the order
// and the groups what must hold of anything random. Then the same with memory that runs out.
#include "agenda/agenda.h"
#include "scarce_memory.h"
#include "test.h"

#include <stdio.h>

#define S(seconds) ((uint64_t)(seconds)*1000000)
#define MANY 60

// ---- the queue --------------------------------------------------------------------------------

// A story is a line of acts: "+1" and "-1" a hand, ">" the next one, "!3" given to 3, "<3" 3
// leaves, "v1:20" 1 has spoken 20 s, "p" and "f" progressive and first come.
struct story {
    const char *name, *acts, *hands;
    uint32_t speaker;
};
static const struct story stories[] = {
    { "nobody", "", "", 0 },
    { "first come, first served", "+1 +2 +3", "1 2 3", 0 },
    { "a hand goes down", "+1 +2 +3 -2", "1 3", 0 },
    { "the next one speaks and is out of the queue", "+1 +2 >", "2", 1 },
    { "who speaks cannot raise a hand", "+1 > +1", "", 1 },
    { "the queue is empty: the turn ends", "+1 > >", "", 0 },
    { "out of turn", "+1 +2 +3 !3", "1 2", 3 },
    { "given to one who did not ask", "+1 +2 !9", "1 2", 9 },
    { "the speaker leaves", "+1 +2 > <1", "2", 0 },
    { "somebody in the queue leaves", "+1 +2 +3 <2", "1 3", 0 },
    { "first come, whatever they have spoken", "v1:100 +1 +2", "1 2", 0 },
    { "less time comes first", "p v1:100 +1 +2", "2 1", 0 },
    { "a cough decides nothing", "p v1:3 +1 +2", "1 2", 0 },
    { "turns count before time", "p +1 > > v2:500 +1 +2", "2 1", 0 },
    { "equal ones in order", "p +3 +1 +2", "3 1 2", 0 },
    { "who has had a turn waits for those who have not", "p +1 +2 > +3 > +1 +4", "3 4 1", 2 },
    { "switched in the middle", "v1:100 +1 +2 p", "2 1", 0 },
    { "and back", "p v1:100 +1 +2 f", "1 2", 0 },
    { "given again to the speaker: no second turn", "p !1 !1 > !2 > +1 +2", "1 2", 0 },
    { "who is not known again has spoken nothing", "p v1:100 <1 +1 +2", "1 2", 0 },
    { "going out and in again helps nobody", "p v1:100 (1 )1 +1 +2", "2 1", 0 },
    { "nor with the floor", "p !1 (1 )1 +1 +2", "2 1", 0 },
    { "nor many times", "p !1 !2 !3 !2 (1 )1 (1 )1 (2 )2 +2 +1", "1 2", 0 },
    { "a voice that ends outside", "p !1 !3 (1 v1:20 )1 v2:30 +1 +2", "2 1", 3 },
    { "the next meeting begins anew", "p v1:100 (1 o )1 +1 +2", "1 2", 0 },
};

static void give_next(struct agenda *agenda, uint64_t now_us)
{
    uint32_t first = 0;
    agenda_hands(agenda, &first, 1);
    agenda_give(agenda, first, now_us);
    assert_int_equal(agenda_speaker(agenda), first);
}

static uint64_t play(struct agenda *agenda, const char *acts)
{
    uint64_t now_us = S(10);
    for (const char *at = acts; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " ")) {
        uint32_t who = at[1] != '\0' ? (uint32_t)strtoul(at + 1, NULL, 10) : 0;
        const char *seconds = strchr(at, ':');
        switch (at[0]) {
        case '+':
            agenda_hand_up(agenda, who);
            break;
        case '-':
            assert_int_equal(agenda_hand_down(agenda, who), 0);
            break;
        case '>':
            give_next(agenda, now_us);
            break;
        case '!':
            agenda_give(agenda, who, now_us);
            break;
        case '<':
            agenda_leave(agenda, who, 0);
            break;
        case '(':
            agenda_leave(agenda, who, 1000 + who);
            break;
        case ')':
            agenda_return(agenda, who, 1000 + who);
            break;
        case 'o':
            agenda_forget_absent(agenda);
            break;
        case 'v':
            agenda_voice(agenda, who, true, now_us);
            now_us += S(strtoul(seconds + 1, NULL, 10));
            agenda_voice(agenda, who, false, now_us);
            break;
        default:
            agenda_set_stacking(agenda, at[0] == 'p');
        }
    }
    return now_us;
}

static void test_stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        print_message("%s\n", stories[i].name);
        struct agenda *agenda = agenda_new(2);
        play(agenda, stories[i].acts);
        uint32_t hands[AGENDA_HANDS_MAX];
        char list[256] = "";
        size_t n = agenda_hands(agenda, hands, AGENDA_HANDS_MAX);
        for (size_t k = 0; k < n; k++)
            snprintf(list + strlen(list), sizeof(list) - strlen(list), k > 0 ? " %u" : "%u",
                     hands[k]);
        assert_string_equal(list, stories[i].hands);
        assert_int_equal(agenda_speaker(agenda), stories[i].speaker);
        agenda_free(agenda);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    struct agenda *agenda = agenda_new(1);
    uint32_t hands[4];
    assert_int_equal(agenda_hand_down(agenda, 1), AGENDA_E_UNKNOWN);
    for (uint32_t i = 1; i <= AGENDA_HANDS_MAX; i++)
        assert_int_equal(agenda_hand_up(agenda, i), 0);
    assert_int_equal(agenda_hand_up(agenda, 1), AGENDA_E_ALREADY);
    assert_int_equal(agenda_hand_up(agenda, AGENDA_HANDS_MAX + 1), AGENDA_E_FULL);
    assert_int_equal(agenda_hands(agenda, hands, 4), AGENDA_HANDS_MAX);
    assert_int_equal(hands[3], 4);
    assert_true(agenda_has_hand_up(agenda, 1) && agenda_has_hand_up(agenda, AGENDA_HANDS_MAX));
    assert_false(agenda_has_hand_up(agenda, AGENDA_HANDS_MAX + 1));
    assert_int_equal(agenda_hands(agenda, NULL, 0), AGENDA_HANDS_MAX);
    agenda_free(agenda);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

// Whatever happened: nobody in front of somebody who has spoken less, equal ones as they came, and
// whoever speaks has no hand up.
static void check_order(const struct agenda *agenda, const uint64_t *raised, uint64_t now_us)
{
    uint32_t hands[AGENDA_HANDS_MAX];
    size_t n = agenda_hands(agenda, hands, AGENDA_HANDS_MAX);
    for (size_t i = 0; i < n; i++)
        assert_int_not_equal(hands[i], agenda_speaker(agenda));
    for (size_t i = 1; i < n; i++) {
        uint32_t a = hands[i - 1], b = hands[i], more = agenda_turns(agenda, a);
        uint64_t a_steps = agenda_spoken_us(agenda, a, now_us) / AGENDA_VOICE_STEP_US;
        uint64_t b_steps = agenda_spoken_us(agenda, b, now_us) / AGENDA_VOICE_STEP_US;
        bool is_equal = more == agenda_turns(agenda, b) && a_steps == b_steps;
        if (!agenda_is_stacking(agenda) || is_equal)
            assert_true(raised[a] < raised[b]);
        else
            assert_true(more < agenda_turns(agenda, b) ||
                        (more == agenda_turns(agenda, b) && a_steps < b_steps));
    }
}

static void test_order_of_anything(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct agenda *agenda = agenda_new(3);
        uint64_t random = seed, raised[MANY] = { 0 }, now_us = S(1);
        for (uint64_t step = 1; step <= 300; step++) {
            uint32_t who = 1 + (uint32_t)(next_random(&random) % (MANY - 1));
            switch (next_random(&random) % 8) {
            case 0:
            case 1:
            case 2:
                if (agenda_hand_up(agenda, who) == 0)
                    raised[who] = step;
                break;
            case 3:
                agenda_hand_down(agenda, who);
                break;
            case 4:
                give_next(agenda, now_us);
                break;
            case 5:
                agenda_voice(agenda, who, true, now_us);
                now_us += next_random(&random) % S(40);
                agenda_voice(agenda, who, false, now_us);
                break;
            case 6:
                agenda_set_stacking(agenda, next_random(&random) % 4 != 0);
                break;
            default:
                if (who % 2 == 0)
                    agenda_leave(agenda, who, 0);
                else
                    agenda_give(agenda, who, now_us);
            }
            check_order(agenda, raised, now_us);
        }
        agenda_free(agenda);
    }
}

// ---- time limits ------------------------------------------------------------------------------

// One speaker, whose voice begins at 10 s and ends at `until`; signs asked for at `at`.
static const struct {
    const char *name;
    uint32_t limit_s, until_s, at_s;
    enum agenda_sign sign;
    uint32_t used_s;
    uint64_t due_s; // 0: never
} limits[] = {
    { "no limit", 0, 0, 500, AGENDA_SIGN_NONE, 490, 0 },
    { "nothing yet", 120, 0, 99, AGENDA_SIGN_NONE, 89, 100 },
    { "30 s left", 120, 0, 100, AGENDA_SIGN_SOON, 90, 130 },
    { "no time left, and 30 s left was never asked for", 120, 0, 130, AGENDA_SIGN_OVER, 120, 190 },
    { "long over: one sign, not three", 120, 0, 260, AGENDA_SIGN_OVER, 250, 310 },
    { "a short limit: half of it", 20, 0, 20, AGENDA_SIGN_SOON, 10, 30 },
    { "the clock stands while they are silent", 120, 50, 500, AGENDA_SIGN_NONE, 40, 0 },
    { "silent, and over before", 30, 50, 500, AGENDA_SIGN_OVER, 40, 0 },
};

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        print_message("%s\n", limits[i].name);
        struct agenda *agenda = agenda_new(2);
        agenda_set_limit(agenda, limits[i].limit_s);
        assert_int_equal(agenda_limit_s(agenda), limits[i].limit_s);
        agenda_give(agenda, 1, S(5));
        assert_true(agenda_deadline(agenda) == UINT64_MAX); // no word was said
        agenda_voice(agenda, 1, true, S(10));
        if (limits[i].until_s != 0)
            agenda_voice(agenda, 1, false, S(limits[i].until_s));
        agenda_voice(agenda, 2, true, S(11)); // somebody else's is not theirs
        assert_int_equal(agenda_sign(agenda, S(limits[i].at_s)), limits[i].sign);
        assert_int_equal(agenda_sign(agenda, S(limits[i].at_s)), AGENDA_SIGN_NONE); // once
        assert_int_equal(agenda_used_s(agenda, S(limits[i].at_s)), limits[i].used_s);
        uint64_t due = limits[i].due_s != 0 ? S(limits[i].due_s) : UINT64_MAX;
        assert_true(agenda_deadline(agenda) == due);
        agenda_free(agenda);
    }
}

static void test_limit_over_turns(void **state)
{
    (void)state;
    struct agenda *agenda = agenda_new(2);
    agenda_set_limit(agenda, 60);
    agenda_voice(agenda, 1, true, S(1)); // speaks already when the floor is given
    agenda_give(agenda, 1, S(100));
    assert_int_equal(agenda_used_s(agenda, S(110)), 10);
    assert_true(agenda_deadline(agenda) == S(130));
    assert_int_equal(agenda_sign(agenda, S(131)), AGENDA_SIGN_SOON);
    agenda_voice(agenda, 1, false, S(140));
    agenda_voice(agenda, 1, true, S(200)); // 40 s used
    assert_true(agenda_deadline(agenda) == S(220));
    assert_int_equal(agenda_sign(agenda, S(220)), AGENDA_SIGN_OVER);
    assert_true(agenda_deadline(agenda) == S(280)); // OVER again
    agenda_give(agenda, 2, S(221));
    assert_int_equal(agenda_used_s(agenda, S(300)), 0);
    assert_true(agenda_deadline(agenda) == UINT64_MAX);
    agenda_voice(agenda, 2, true, S(300));
    agenda_set_limit(agenda, 10); // in the middle of a turn, and used up
    assert_int_equal(agenda_sign(agenda, S(311)), AGENDA_SIGN_OVER);
    agenda_leave(agenda, 2, 0);
    assert_true(agenda_deadline(agenda) == UINT64_MAX);
    assert_int_equal(agenda_sign(agenda, S(500)), AGENDA_SIGN_NONE);
    agenda_free(agenda);
}

// ---- polls ------------------------------------------------------------------------------------

static const char *const in_english[] = { "Lunch?", "Yes", "No", NULL, NULL, NULL };

static void test_poll(void **state)
{
    (void)state;
    struct agenda *agenda = agenda_new(2);
    struct poll_view view;
    static const char *const spanish[] = { "¿Comemos?", "Sí", "No" };
    assert_false(agenda_poll_view(agenda, 0, &view));
    assert_int_equal(agenda_poll_vote(agenda, 1, 0), AGENDA_E_NO_POLL);
    assert_int_equal(agenda_poll_close(agenda), AGENDA_E_NO_POLL);
    assert_int_equal(agenda_poll_translate(agenda, 1, spanish, 2), AGENDA_E_NO_POLL);
    assert_int_equal(agenda_poll_open(agenda, in_english, 2), 0);
    assert_true(agenda_poll_view(agenda, 1, &view));
    assert_string_equal(view.question, "Lunch?"); // nobody has translated it yet
    assert_false(view.is_translated || view.is_original);
    assert_int_equal(agenda_poll_translate(agenda, 1, spanish, 1), AGENDA_E_UNKNOWN);
    assert_int_equal(agenda_poll_translate(agenda, 2, spanish, 2), AGENDA_E_UNKNOWN);
    assert_int_equal(agenda_poll_translate(agenda, 1, spanish, 2), 0);
    static const struct {
        uint64_t voter;
        uint8_t answer;
        int error;
        uint32_t counts[2];
    } votes[] = {
        { 1, 0, 0, { 1, 0 } },
        { 2, 1, 0, { 1, 1 } },
        { 1, 0, AGENDA_E_ALREADY, { 1, 1 } },
        { 1, 1, 0, { 0, 2 } }, // changed
        { 3, 2, AGENDA_E_UNKNOWN, { 0, 2 } },
        { 3, 255, AGENDA_E_UNKNOWN, { 0, 2 } },
        { UINT64_MAX, 0, 0, { 1, 2 } },
    };
    for (size_t i = 0; i < ARRAY_LEN(votes); i++) {
        assert_int_equal(agenda_poll_vote(agenda, votes[i].voter, votes[i].answer), votes[i].error);
        agenda_poll_view(agenda, 1, &view);
        assert_memory_equal(view.counts, votes[i].counts, sizeof(votes[i].counts));
        assert_int_equal(view.n_votes, votes[i].counts[0] + votes[i].counts[1]);
    }
    assert_string_equal(view.question, "¿Comemos?");
    assert_true(view.is_translated && !view.is_original);
    agenda_poll_view(agenda, 0, &view);
    assert_true(view.is_original);
    agenda_poll_view(agenda, 1, &view);
    assert_string_equal(view.answers[0], "Sí");
    assert_true(view.is_translated && view.is_open && view.n_answers == 2);
    agenda_leave(agenda, 1, 0);
    assert_int_equal(agenda_poll_close(agenda), 0);
    assert_int_equal(agenda_poll_close(agenda), AGENDA_E_NO_POLL);
    assert_int_equal(agenda_poll_vote(agenda, 9, 0), AGENDA_E_NO_POLL);
    assert_true(agenda_poll_view(agenda, 0, &view)); // to be seen
    assert_int_equal(view.n_votes, 3);
    assert_int_equal(agenda_poll_open(agenda, in_english, 2), 0);
    agenda_poll_view(agenda, 0, &view);
    assert_int_equal(view.n_votes, 0);
    agenda_free(agenda);
}

static void test_poll_bounds(void **state)
{
    (void)state;
    struct agenda *agenda = agenda_new(1);
    char longest[AGENDA_TEXT_BYTES + 2];
    memset(longest, 'x', sizeof(longest));
    longest[AGENDA_TEXT_BYTES] = '\0';
    const char *texts[1 + AGENDA_POLL_ANSWERS_MAX];
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        texts[i] = longest;
    assert_int_equal(agenda_poll_open(agenda, texts, 0), AGENDA_E_FULL);
    assert_int_equal(agenda_poll_open(agenda, texts, AGENDA_POLL_ANSWERS_MAX + 1), AGENDA_E_FULL);
    assert_int_equal(agenda_poll_open(agenda, texts, AGENDA_POLL_ANSWERS_MAX), 0);
    longest[AGENDA_TEXT_BYTES] = 'x';
    longest[AGENDA_TEXT_BYTES + 1] = '\0';
    assert_int_equal(agenda_poll_open(agenda, texts, 1), AGENDA_E_FULL);
    for (uint64_t voter = 0; voter < AGENDA_PEOPLE_MAX; voter++)
        assert_int_equal(agenda_poll_vote(agenda, voter, voter % AGENDA_POLL_ANSWERS_MAX), 0);
    assert_int_equal(agenda_poll_vote(agenda, AGENDA_PEOPLE_MAX, 0), AGENDA_E_FULL);
    assert_int_equal(agenda_poll_vote(agenda, 0, 1), 0); // a change has room
    agenda_free(agenda);
}

// ---- groups -----------------------------------------------------------------------------------

static void check_spread(const struct breakout_person *people, size_t n, uint8_t n_groups, int lang)
{
    size_t sizes[UINT8_MAX] = { 0 }, most = 0, least = n;
    for (size_t i = 0; i < n; i++) {
        assert_true(people[i].group < n_groups);
        sizes[people[i].group] += lang < 0 || people[i].lang == lang;
    }
    for (uint8_t g = 0; g < n_groups; g++) {
        most = sizes[g] > most ? sizes[g] : most;
        least = sizes[g] < least ? sizes[g] : least;
    }
    assert_true(most - least <= 1);
}

static void test_random_groups(void **state)
{
    (void)state;
    static const size_t crowds[] = { 0, 1, 2, 7, 30, 31, 100, 1000, AGENDA_PEOPLE_MAX };
    static struct breakout_person people[AGENDA_PEOPLE_MAX], again[AGENDA_PEOPLE_MAX];
    size_t n_different = 0;
    for (size_t c = 0; c < ARRAY_LEN(crowds); c++)
        for (uint8_t n_groups = 1; n_groups <= AGENDA_GROUPS_MAX; n_groups++) {
            size_t n = crowds[c];
            for (size_t i = 0; i < n; i++)
                people[i] = (struct breakout_person){ (uint32_t)i, (uint8_t)(i * i % 3), 0 };
            memcpy(again, people, sizeof(again));
            agenda_breakout_random(people, n, n_groups, true, 5);
            check_spread(people, n, n_groups, -1);
            for (int lang = 0; lang < 3; lang++)
                check_spread(people, n, n_groups, lang);
            agenda_breakout_random(again, n, n_groups, true, 5);
            assert_memory_equal(people, again, n * sizeof(*people));
            agenda_breakout_random(again, n, n_groups, false, 6);
            check_spread(again, n, n_groups, -1);
            for (size_t i = 0; i < n; i++)
                n_different += people[i].group != again[i].group;
        }
    assert_true(n_different > 10000);
}

static void test_groups_by_language(void **state)
{
    (void)state;
    struct breakout_person people[] = { { 1, 4, 9 }, { 2, 0, 9 }, { 3, 4, 9 }, { 4, 7, 9 } };
    assert_int_equal(agenda_breakout_by_language(people, 4), 3);
    assert_int_equal(people[0].group, 1);
    assert_int_equal(people[1].group, 0);
    assert_int_equal(people[2].group, 1);
    assert_int_equal(people[3].group, 2);
    assert_int_equal(agenda_breakout_by_language(people, 0), 0);
}

// ---- memory that runs out ---------------------------------------------------------------------

static bool opens(struct agenda *agenda)
{
    static const char *const texts[] = { "One?", "Yes", "No", "¿Una?", "Sí", "No" };
    return agenda_poll_open(agenda, texts, 2) == 0;
}
static bool translates(struct agenda *agenda)
{
    static const char *const texts[] = { "¿Comemos?", "Sí", "No" };
    return agenda_poll_translate(agenda, 1, texts, 2) == 0;
}
static bool votes(struct agenda *agenda)
{
    int error = agenda_poll_vote(agenda, 99, 1);
    return error == 0 || error == AGENDA_E_ALREADY;
}
static bool speaks(struct agenda *agenda)
{
    agenda_voice(agenda, 500, true, S(1));
    agenda_voice(agenda, 500, false, S(21));
    return agenda_spoken_us(agenda, 500, S(30)) >= S(20);
}
static bool is_given(struct agenda *agenda)
{
    agenda_give(agenda, 501, S(1));
    assert_int_equal(agenda_speaker(agenda), 501); // counted or not
    agenda_give(agenda, 0, S(2));
    return agenda_turns(agenda, 501) > 0;
}
static bool makes(struct agenda *agenda)
{
    (void)agenda;
    struct agenda *other = agenda_new(8);
    agenda_free(other);
    return other != NULL;
}

static void test_memory(void **state)
{
    (void)state;
    static bool (*const acts[])(struct agenda *) = { makes, opens,  translates,
                                                     votes, speaks, is_given };
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        bool has_succeeded = false;
        for (long n = 0; !has_succeeded; n++) {
            struct agenda *agenda = agenda_new(2);
            struct poll_view view;
            assert_int_equal(agenda_poll_open(agenda, in_english, 2), 0);
            for (uint32_t k = 0; k < 64; k++) { // every array is as full as it is
                assert_int_equal(agenda_poll_vote(agenda, k, 0), 0);
                agenda_voice(agenda, k, true, S(1));
            }
            n_left = n;
            has_succeeded = acts[i](agenda);
            n_left = -1;
            assert_true(agenda_poll_view(agenda, 0, &view));
            if (!has_succeeded) {
                assert_string_equal(view.question, "Lunch?");
                assert_int_equal(view.n_votes, 64);
            }
            assert_true(acts[i](agenda)); // and then there is memory again
            agenda_free(agenda);
            assert_true(n < 100);
        }
    }
}

static void test_texts(void **state)
{
    (void)state;
    for (int error = AGENDA_E_NO_POLL; error <= 0; error++)
        assert_string_not_equal(agenda_error_text(error), "unknown error");
    assert_string_equal(agenda_error_text(-99), "unknown error");
    agenda_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_order_of_anything),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_limit_over_turns),
        cmocka_unit_test(test_poll),
        cmocka_unit_test(test_poll_bounds),
        cmocka_unit_test(test_random_groups),
        cmocka_unit_test(test_groups_by_language),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
