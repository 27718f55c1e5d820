// SPDX-License-Identifier: BSD-3-Clause
// What somebody is in a meeting, who is let in, and what both mean: tables, then the model.
#include "model_stage.h"

#include <string.h>

// ---- who is what ------------------------------------------------------------------------------

static const struct {
    const char *name;
    struct role_facts facts;
    enum role role;
    bool is_fixed;
} role_rows[] = {
    { "nobody in particular", { 0 }, ROLE_PARTICIPANT, false },
    { "SuperUser", { .is_superuser = true }, ROLE_MODERATOR, true },
    { "moderates the server", { .is_server_moderator = true }, ROLE_MODERATOR, true },
    { "may write on the floor", { .may_write = true }, ROLE_MODERATOR, true },
    { "moderator by the file", { .is_named_moderator = true }, ROLE_MODERATOR, true },
    { "… whom nobody demotes",
      { .is_named_moderator = true, .is_in_participants = true, .given = ROLE_PARTICIPANT },
      ROLE_MODERATOR,
      true },
    { "interpreter by the file", { .is_named_interpreter = true }, ROLE_INTERPRETER, false },
    { "… made a participant",
      { .is_named_interpreter = true, .is_in_participants = true },
      ROLE_PARTICIPANT,
      false },
    { "… as a guest",
      { .is_named_interpreter = true, .given = ROLE_PARTICIPANT },
      ROLE_PARTICIPANT,
      false },
    { "anyone", { .is_anyone_interpreter = true }, ROLE_INTERPRETER, false },
    { "anyone but this one",
      { .is_anyone_interpreter = true, .given = ROLE_PARTICIPANT },
      ROLE_PARTICIPANT,
      false },
    { "group interpreters", { .is_in_interpreters = true }, ROLE_INTERPRETER, false },
    { "group moderators", { .is_in_moderators = true }, ROLE_MODERATOR, false },
    { "in two groups: the higher",
      { .is_in_moderators = true, .is_in_participants = true, .is_in_interpreters = true },
      ROLE_MODERATOR,
      false },
    { "in two groups, without the highest",
      { .is_in_participants = true, .is_in_interpreters = true },
      ROLE_INTERPRETER,
      false },
    { "a guest was made interpreter", { .given = ROLE_INTERPRETER }, ROLE_INTERPRETER, false },
    { "a guest was made moderator", { .given = ROLE_MODERATOR }, ROLE_MODERATOR, false },
};

static void test_roles(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(role_rows); i++) {
        if (role_decide(&role_rows[i].facts) != role_rows[i].role ||
            role_is_fixed(&role_rows[i].facts) != role_rows[i].is_fixed)
            fail_msg("%s: %s", role_rows[i].name, role_name(role_decide(&role_rows[i].facts)));
    }
    enum role role = ROLE_NONE;
    assert_true(role_from_name("Interpreter", &role));
    assert_int_equal(role, ROLE_INTERPRETER);
    assert_false(role_from_name("", &role));
    assert_false(role_from_name("interpreters", &role));
    assert_string_equal(role_group(ROLE_MODERATOR), "moderators");
}

// ---- the door ---------------------------------------------------------------------------------

#define P ROLE_PARTICIPANT
static const struct {
    const char *name;
    struct door_facts facts;
    enum door_answer answer;
} door_rows[] = {
    { "nothing is asked", { .role = P }, DOOR_OPEN },
    { "locked", { .role = P, .is_locked = true }, DOOR_LOCKED },
    { "… but inside", { .role = P, .is_locked = true, .is_inside = true }, DOOR_OPEN },
    { "… but an interpreter", { .role = ROLE_INTERPRETER, .is_locked = true }, DOOR_OPEN },
    { "… but a moderator", { .role = ROLE_MODERATOR, .is_locked = true }, DOOR_OPEN },
    { "… but was there", { .role = P, .is_locked = true, .marks = DOOR_WAS_THERE }, DOOR_OPEN },
    { "… let in before is not enough",
      { .role = P, .is_locked = true, .marks = DOOR_LET_IN | DOOR_KNOWS_PASSWORD },
      DOOR_LOCKED },
    { "… nor the password",
      { .role = P, .is_locked = true, .has_password = true, .has_token = true },
      DOOR_LOCKED },
    { "password", { .role = P, .has_password = true }, DOOR_PASSWORD },
    { "… among the tokens", { .role = P, .has_password = true, .has_token = true }, DOOR_OPEN },
    { "… said", { .role = P, .has_password = true, .marks = DOOR_KNOWS_PASSWORD }, DOOR_OPEN },
    { "… let in", { .role = P, .has_password = true, .marks = DOOR_LET_IN }, DOOR_OPEN },
    { "… was there before a lock",
      { .role = P, .has_password = true, .marks = DOOR_WAS_THERE },
      DOOR_PASSWORD },
    { "… demoted", { .role = P, .has_password = true, .marks = DOOR_DEMOTED }, DOOR_PASSWORD },
    { "… an interpreter", { .role = ROLE_INTERPRETER, .has_password = true }, DOOR_OPEN },
    { "lobby", { .role = P, .has_lobby = true }, DOOR_LOBBY },
    { "… let in", { .role = P, .has_lobby = true, .marks = DOOR_LET_IN }, DOOR_OPEN },
    { "… inside", { .role = P, .has_lobby = true, .is_inside = true }, DOOR_OPEN },
    { "password before the lobby",
      { .role = P, .has_lobby = true, .has_password = true },
      DOOR_PASSWORD },
    { "then the lobby",
      { .role = P, .has_lobby = true, .has_password = true, .has_token = true },
      DOOR_LOBBY },
    { "locked before all",
      { .role = P, .is_locked = true, .has_lobby = true, .has_password = true },
      DOOR_LOCKED },
};

static void test_doors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(door_rows); i++)
        if (door_decide(&door_rows[i].facts) != door_rows[i].answer)
            fail_msg("%s: %d", door_rows[i].name, (int)door_decide(&door_rows[i].facts));
}

// ---- what both mean ---------------------------------------------------------------------------

#define VOICE ((uint32_t)(PERM_SPEAK | PERM_WHISPER))
#define MODERATES (DEF | (uint32_t)(PERM_MUTE_DEAFEN | PERM_MOVE))
#define MAKE ((uint32_t)(PERM_MAKE_TEMP_CHANNEL | PERM_MAKE_CHANNEL | PERM_LINK_CHANNEL))
static const struct {
    const char *name;
    uint32_t granted;
    struct role_rights_facts facts;
    uint32_t rights;
} rights_rows[] = {
    { "floor", DEF, { .role = P, .place = ROLE_AT_FLOOR }, DEF },
    { "booth", DEF, { .role = P, .place = ROLE_AT_BOOTH }, PERM_TRAVERSE },
    { "booth, interpreter", 0, { .role = ROLE_INTERPRETER, .place = ROLE_AT_BOOTH }, DEF },
    { "booth, moderator", 0, { .role = ROLE_MODERATOR, .place = ROLE_AT_BOOTH }, MODERATES },
    { "booth, as anyone may",
      0,
      { .role = ROLE_INTERPRETER, .is_by_anyone = true, .place = ROLE_AT_BOOTH },
      DEF },
    { "… while it is locked",
      DEF,
      { .role = ROLE_INTERPRETER,
        .is_by_anyone = true,
        .place = ROLE_AT_BOOTH,
        .door = DOOR_LOCKED },
      PERM_TRAVERSE },
    { "a closed door leaves the way to it",
      DEF | MAKE | PERM_MOVE,
      { .role = P, .place = ROLE_AT_TRACK, .door = DOOR_LOBBY },
      PERM_TRAVERSE },
    { "also beneath",
      DEF | MAKE,
      { .role = P, .place = ROLE_BENEATH, .door = DOOR_LOCKED },
      PERM_TRAVERSE },
    { "beneath entries decide", DEF, { .role = ROLE_MODERATOR, .place = ROLE_BENEATH }, DEF },
    { "who waits hears and says nothing",
      DEF,
      { .role = P, .place = ROLE_AT_LOBBY },
      DEF & ~(VOICE | (uint32_t)PERM_LISTEN) },
    { "moderators may talk to them",
      0,
      { .role = ROLE_MODERATOR, .place = ROLE_AT_LOBBY },
      MODERATES },
    { "all muted", DEF, { .role = P, .place = ROLE_AT_FLOOR, .is_all_muted = true }, DEF & ~VOICE },
    { "on tracks too",
      DEF,
      { .role = P, .place = ROLE_AT_TRACK, .is_all_muted = true },
      DEF & ~VOICE },
    { "not in groups beneath",
      DEF,
      { .role = P, .place = ROLE_BENEATH, .is_all_muted = true },
      DEF },
    { "who was given the floor",
      DEF,
      { .role = P, .place = ROLE_AT_FLOOR, .is_all_muted = true, .is_voiced = true },
      DEF },
    { "… says no more than entries let them",
      DEF & ~VOICE,
      { .role = P, .place = ROLE_AT_FLOOR, .is_all_muted = true, .is_voiced = true },
      DEF & ~VOICE },
    { "an interpreter on the floor",
      DEF,
      { .role = ROLE_INTERPRETER, .place = ROLE_AT_FLOOR, .is_all_muted = true },
      DEF },
    { "… not as anyone may be one",
      DEF,
      { .role = ROLE_INTERPRETER,
        .is_by_anyone = true,
        .place = ROLE_AT_FLOOR,
        .is_all_muted = true },
      DEF & ~VOICE },
    { "a moderator",
      DEF,
      { .role = ROLE_MODERATOR, .place = ROLE_AT_TRACK, .is_all_muted = true },
      MODERATES },
};

static void test_rights(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rights_rows); i++) {
        uint32_t rights = role_rights(rights_rows[i].granted, &rights_rows[i].facts);
        if (rights != rights_rows[i].rights)
            fail_msg("%s: %x", rights_rows[i].name, rights);
    }
}

// ---- in the model -----------------------------------------------------------------------------

// A is a meeting with the booth B; C lies beneath, E is its lobby.
static struct meeting_info *stage(struct model *model)
{
    struct meeting_info *meeting = model_meeting_add(model, A, "a");
    assert_non_null(meeting);
    for (uint32_t id = A; id <= B; id++) {
        model_channel(model, id)->meeting = A;
        model_channel(model, id)->role = id == A ? CHANNEL_FLOOR : CHANNEL_BOOTH;
    }
    meeting->door.lobby = E;
    model_rights_changed(model);
    return meeting;
}

static bool may_enter(struct model *model, const struct user *user, uint32_t channel)
{
    uint32_t rights = model_permissions(model, user, channel);
    assert_int_equal(rights, rights_fresh(model, user, channel)); // what is remembered holds
    return (rights & PERM_ENTER) != 0;
}

static void test_giving(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct meeting_info *meeting = stage(model);
    struct user *known = someone(model, 7, ROOT), *guest = model_user_add(model, "guest", false);
    const enum role roles[] = { ROLE_INTERPRETER, ROLE_MODERATOR, ROLE_PARTICIPANT };
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        assert_int_equal(model_role_give(model, known, meeting, roles[i]), 0);
        assert_int_equal(model_role_give(model, guest, meeting, roles[i]), 0);
        assert_int_equal(model_role(model, known, meeting), roles[i]);
        assert_int_equal(model_role(model, guest, meeting), roles[i]);
        assert_int_equal(may_enter(model, known, B), roles[i] != ROLE_PARTICIPANT);
        assert_int_equal(may_enter(model, guest, B), roles[i] != ROLE_PARTICIPANT);
        for (int other = ROLE_PARTICIPANT; other < ROLES; other++)
            assert_int_equal(model_group_has(model, A, role_group((enum role)other), 7),
                             other == (int)roles[i]);
    }
    // What is inherited can be taken back as well.
    assert_int_equal(model_group_admit(model, ROOT, "interpreters", 7), 0);
    assert_int_equal(model_role(model, known, meeting), ROLE_INTERPRETER);
    assert_int_equal(model_role_give(model, known, meeting, ROLE_PARTICIPANT), 0);
    assert_int_equal(model_role(model, known, meeting), ROLE_PARTICIPANT);
    // A guest who registers keeps it.
    assert_int_equal(model_role_give(model, guest, meeting, ROLE_INTERPRETER), 0);
    assert_false(model_role_keep(model, guest, meeting));
    guest->user_id = 9;
    model_user_identified(guest);
    assert_true(model_role_keep(model, guest, meeting));
    assert_true(model_group_has(model, A, "interpreters", 9));
    assert_false(model_role_keep(model, guest, meeting));
    model_free(model);
}

static void test_grants_end(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct meeting_info *meeting = stage(model);
    struct user *guest = someone(model, GUEST, ROOT);
    assert_int_equal(model_role_give(model, guest, meeting, ROLE_INTERPRETER), 0);
    for (uint32_t id = 100; id < 100 + MODEL_GRANTS - 1; id++)
        model_role_give(model, guest, &(struct meeting_info){ .id = id }, ROLE_MODERATOR);
    assert_int_equal(model_role(model, guest, meeting), ROLE_INTERPRETER);
    model_role_give(model, guest, meeting, ROLE_MODERATOR); // the newest again
    model_role_give(model, guest, &(struct meeting_info){ .id = 200 }, ROLE_MODERATOR);
    assert_int_equal(model_role(model, guest, meeting), ROLE_MODERATOR);
    for (uint32_t id = 300; id < 300 + MODEL_GRANTS; id++)
        model_role_give(model, guest, &(struct meeting_info){ .id = id }, ROLE_MODERATOR);
    assert_int_equal(model_role(model, guest, meeting), ROLE_PARTICIPANT);
    model_free(model);
}

static void test_door_of_a_meeting(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct meeting_info *meeting = stage(model);
    struct user *inside = someone(model, GUEST, C), *outside = model_user_add(model, "x", false);
    assert_true(may_enter(model, outside, A));
    assert_false(model_is_enter_restricted(model, A));
    meeting->door.is_locked = true;
    model_rights_changed(model);
    assert_true(model_is_enter_restricted(model, A));
    assert_true(model_is_enter_restricted(model, C)); // a group beneath
    assert_false(may_enter(model, outside, A));
    assert_false(may_enter(model, outside, C));
    assert_true(may_enter(model, inside, A));
    assert_true(door_mark(&meeting->door, inside, DOOR_WAS_THERE));
    assert_false(door_mark(&meeting->door, inside, DOOR_WAS_THERE));
    model_user_move(model, inside, ROOT);
    assert_true(may_enter(model, inside, A));
    model_user_move(model, inside, A);
    door_forget(&meeting->door, inside); // kicked
    model_user_move(model, inside, ROOT);
    assert_false(may_enter(model, inside, A));
    // Whoever joins is nowhere yet.
    outside->channel = MODEL_NONE;
    model_user_identified(outside);
    assert_false(may_enter(model, outside, A));
    outside->channel = ROOT;
    meeting->door.is_locked = false;
    meeting->door.password = strdup("Sesame");
    model_rights_changed(model);
    assert_false(may_enter(model, outside, A));
    const char *wrong[] = { "sesam", "sesame!", "" }, *right[] = { "x", "sESAME" };
    assert_int_equal(model_user_set_tokens(outside, wrong, 3), 0);
    assert_false(may_enter(model, outside, A));
    assert_int_equal(model_user_lend_tokens(outside, right, 2), 0);
    assert_true(may_enter(model, outside, A));
    assert_int_equal(model_user_lend_tokens(outside, NULL, 0), 0);
    assert_false(may_enter(model, outside, A));
    assert_int_equal(model_user_set_tokens(outside, right, 2), 0);
    assert_true(may_enter(model, outside, A));
    model_free(model);
}

static void test_guests_of_a_door(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct door *door = &stage(model)->door;
    struct user *guest = someone(model, GUEST, ROOT), *other = model_user_add(model, "x", false);
    door_mark(door, guest, DOOR_LET_IN);
    assert_int_equal(door_marks(door, other), 0);
    door_session_gone(door, guest->session); // nothing is left to know them by
    assert_int_equal(door->n_guests, 0);
    strcpy(guest->cert_hash, "0123456789012345678901234567890123456789");
    door_mark(door, guest, DOOR_LET_IN);
    door_session_gone(door, guest->session);
    assert_int_equal(door->n_guests, 1);
    assert_int_equal(door_marks(door, guest), DOOR_LET_IN);
    strcpy(other->cert_hash, guest->cert_hash); // connected again
    assert_int_equal(door_marks(door, other), DOOR_LET_IN);
    door_mark(door, other, DOOR_KNOWS_PASSWORD);
    assert_int_equal(door->n_guests, 1);
    door_unmark(door, DOOR_LET_IN);
    assert_int_equal(door_marks(door, other), DOOR_KNOWS_PASSWORD);
    door_unmark(door, DOOR_KNOWS_PASSWORD);
    assert_int_equal(door->n_guests, 0);
    for (uint32_t i = 0; i < DOOR_GUESTS_MAX + 3; i++)
        assert_true(door_add(door, &(struct door_guest){ .user_id = (int32_t)i, .marks = 1 }));
    assert_int_equal(door->n_guests, DOOR_GUESTS_MAX);
    assert_int_equal(door->guests[0].user_id, 3); // the oldest went
    model_free(model);
}

static void test_voice(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct meeting_info *meeting = stage(model);
    struct user *user = someone(model, GUEST, A);
    assert_true((model_permissions(model, user, A) & PERM_SPEAK) != 0);
    meeting->door.is_all_muted = true;
    model_rights_changed(model);
    assert_true((model_permissions(model, user, A) & PERM_SPEAK) == 0);
    model_set_given(model, meeting, user->session);
    assert_true((model_permissions(model, user, A) & PERM_SPEAK) != 0);
    model_set_given(model, meeting, 0);
    assert_true((model_permissions(model, user, A) & PERM_SPEAK) == 0);
    model_set_voiced(user, A);
    assert_true((model_permissions(model, user, A) & PERM_SPEAK) != 0);
    model_set_voiced(user, MODEL_NONE);
    assert_true((model_permissions(model, user, A) & PERM_SPEAK) == 0);
    assert_true((model_permissions(model, user, C) & PERM_SPEAK) != 0); // a group beneath
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_doors),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_giving),
        cmocka_unit_test(test_grants_end),
        cmocka_unit_test(test_door_of_a_meeting),
        cmocka_unit_test(test_guests_of_a_door),
        cmocka_unit_test(test_voice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
