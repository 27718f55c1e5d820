// SPDX-License-Identifier: BSD-3-Clause
// Permissions, row by row: entries, the walls around booths, a tree that changes.
#include "model_stage.h"

#include <stdlib.h>
#include <string.h>

// ---- evaluation ----

struct entry_row {
    uint32_t channel;
    bool is_here, is_sub;
    int32_t user_id;
    const char *group;
    uint32_t grant, deny;
};
struct rights_row {
    const char *name;
    struct entry_row entries[4]; // those without both user and group end them
    int closed;                  // the channel that does not inherit; 0: none
    uint32_t target, expected;
};

#define ALL GUEST, "all"
#define MINE 7, NULL
#define HERE true, false
#define SUB false, true
#define BOTH true, true

static const struct rights_row rights_rows[] = {
    { "nothing said", { { 0 } }, 0, C, DEF },
    { "granted here", { { C, HERE, ALL, PERM_MOVE, 0 } }, 0, C, DEF | PERM_MOVE },
    { "here is not beneath", { { B, HERE, ALL, PERM_MOVE, 0 } }, 0, C, DEF },
    { "granted beneath", { { ROOT, SUB, ALL, PERM_MOVE, 0 } }, 0, C, DEF | PERM_MOVE },
    { "beneath is not here", { { C, SUB, ALL, PERM_MOVE, 0 } }, 0, C, DEF },
    { "both", { { A, BOTH, ALL, PERM_MOVE, 0 } }, 0, A, DEF | PERM_MOVE },
    { "not beside it", { { A, BOTH, ALL, PERM_MOVE, 0 } }, 0, E, DEF },
    { "neither", { { A, false, false, ALL, PERM_MOVE, PERM_SPEAK } }, 0, A, DEF },
    { "by id", { { A, BOTH, MINE, PERM_MOVE, 0 } }, 0, A, DEF | PERM_MOVE },
    { "another's id", { { A, BOTH, 8, NULL, PERM_MOVE, 0 } }, 0, A, DEF },
    { "id or group", { { A, BOTH, 8, "all", PERM_MOVE, 0 } }, 0, A, DEF | PERM_MOVE },
    { "denied", { { ROOT, BOTH, ALL, 0, PERM_SPEAK } }, 0, C, DEF & ~(uint32_t)PERM_SPEAK },
    { "within one entry denial wins",
      { { A, BOTH, ALL, PERM_MOVE | PERM_SPEAK, PERM_MOVE | PERM_SPEAK } },
      0,
      A,
      DEF & ~(uint32_t)PERM_SPEAK },
    { "a later entry wins",
      { { A, BOTH, ALL, 0, PERM_SPEAK }, { A, BOTH, MINE, PERM_SPEAK, 0 } },
      0,
      A,
      DEF },
    { "whichever",
      { { A, BOTH, MINE, PERM_SPEAK, 0 }, { A, BOTH, ALL, 0, PERM_SPEAK } },
      0,
      A,
      DEF & ~(uint32_t)PERM_SPEAK },
    { "a nearer channel wins",
      { { B, BOTH, ALL, PERM_SPEAK, 0 }, { ROOT, BOTH, ALL, 0, PERM_SPEAK } },
      0,
      C,
      DEF },
    // not inheriting
    { "nothing comes in", { { ROOT, BOTH, ALL, PERM_MOVE, PERM_SPEAK } }, B, C, DEF },
    { "what is above stays above", { { ROOT, BOTH, ALL, PERM_MOVE, 0 } }, B, A, DEF | PERM_MOVE },
    { "own entries count",
      { { ROOT, BOTH, ALL, PERM_MOVE, 0 }, { B, BOTH, ALL, PERM_LINK_CHANNEL, 0 } },
      B,
      C,
      DEF | PERM_LINK_CHANNEL },
    { "a closed door above stays closed", { { A, BOTH, ALL, 0, PERM_TRAVERSE } }, B, C, 0 },
    { "Write from above opens it, no more",
      { { A, BOTH, ALL, PERM_WRITE, PERM_TRAVERSE } },
      B,
      C,
      DEF },
    // Traverse
    { "nothing is left without Traverse", { { C, HERE, ALL, PERM_MOVE, PERM_TRAVERSE } }, 0, C, 0 },
    { "nor beneath", { { A, BOTH, ALL, 0, PERM_TRAVERSE } }, 0, C, 0 },
    { "here only on the way counts", { { A, HERE, ALL, 0, PERM_TRAVERSE } }, 0, C, 0 },
    { "beneath only spares the channel itself", { { A, SUB, ALL, 0, PERM_TRAVERSE } }, 0, A, DEF },
    { "but not those beneath", { { A, SUB, ALL, 0, PERM_TRAVERSE } }, 0, B, 0 },
    { "not for others' way", { { A, BOTH, ALL, 0, PERM_TRAVERSE } }, 0, E, DEF },
    { "opened again in the same channel",
      { { A, BOTH, ALL, 0, PERM_TRAVERSE }, { A, BOTH, MINE, PERM_TRAVERSE, 0 } },
      0,
      C,
      DEF },
    { "too late one level below",
      { { A, BOTH, ALL, 0, PERM_TRAVERSE }, { B, BOTH, ALL, PERM_TRAVERSE, 0 } },
      0,
      C,
      0 },
    { "here only opens the way, and its bit is not handed down",
      { { A, SUB, ALL, 0, PERM_TRAVERSE }, { A, HERE, ALL, PERM_TRAVERSE, 0 } },
      0,
      B,
      DEF & ~(uint32_t)PERM_TRAVERSE },
    { "Write goes where Traverse does not",
      { { A, BOTH, ALL, PERM_WRITE, PERM_TRAVERSE } },
      0,
      C,
      DEF | PERM_WRITE | BY_WRITE },
    { "Write here only does not open what is beneath",
      { { A, HERE, ALL, PERM_WRITE, PERM_TRAVERSE } },
      0,
      C,
      0 },
    // Write
    { "Write implies", { { C, HERE, ALL, PERM_WRITE, 0 } }, 0, C, DEF | PERM_WRITE | BY_WRITE },
    { "Write neither speaks nor whispers",
      { { C, HERE, ALL, PERM_WRITE, PERM_SPEAK | PERM_WHISPER | PERM_ENTER } },
      0,
      C,
      ((DEF | BY_WRITE) & ~(uint32_t)(PERM_SPEAK | PERM_WHISPER)) | PERM_WRITE },
    { "a later denial of what it implies is nothing",
      { { ROOT, BOTH, ALL, PERM_WRITE, 0 }, { C, HERE, ALL, 0, PERM_ENTER } },
      0,
      C,
      DEF | PERM_WRITE | BY_WRITE },
    { "Write taken away",
      { { ROOT, BOTH, ALL, PERM_WRITE, 0 }, { C, HERE, ALL, 0, PERM_WRITE } },
      0,
      C,
      DEF },
    // the five that belong to the root
    { "granted in the root", { { ROOT, HERE, ALL, ROOT_BITS, 0 } }, 0, ROOT, DEF | ROOT_BITS },
    { "there only", { { ROOT, BOTH, ALL, ROOT_BITS, 0 } }, 0, A, DEF },
    { "and by the root only", { { A, BOTH, ALL, ROOT_BITS, 0 } }, 0, A, DEF },
    { "beneath only is not the root", { { ROOT, SUB, ALL, ROOT_BITS, 0 } }, 0, ROOT, DEF },
    { "denied in the root",
      { { ROOT, HERE, ALL, ROOT_BITS, 0 }, { ROOT, HERE, ALL, 0, PERM_BAN } },
      0,
      ROOT,
      DEF | (ROOT_BITS & ~(uint32_t)PERM_BAN) },
    { "Write in the root implies them",
      { { ROOT, BOTH, ALL, PERM_WRITE, 0 } },
      0,
      ROOT,
      DEF | PERM_WRITE | BY_WRITE | ROOT_BITS },
    { "Write in the root does not elsewhere",
      { { ROOT, BOTH, ALL, PERM_WRITE, 0 } },
      0,
      A,
      DEF | PERM_WRITE | BY_WRITE },
    { "bits that do not exist", { { ROOT, BOTH, ALL, 0xFFFFFFFF, 0 } }, 0, ROOT, PERM_ALL },
    // the channel with a password, as clients make it
    { "without the password",
      { { C, BOTH, ALL, 0, PERM_ENTER }, { C, BOTH, GUEST, "#wrong", PERM_ENTER | PERM_SPEAK, 0 } },
      0,
      C,
      DEF & ~(uint32_t)PERM_ENTER },
    { "with the password",
      { { C, BOTH, ALL, 0, PERM_ENTER }, { C, BOTH, GUEST, "#right", PERM_ENTER | PERM_SPEAK, 0 } },
      0,
      C,
      DEF },
};

static void test_rights(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rights_rows); i++) {
        const struct rights_row *row = &rights_rows[i];
        struct model *model = tree_model();
        for (uint32_t id = ROOT; id < CHANNELS; id++)
            assert_int_equal(model_acl_replace(model, id,
                                               row->closed == 0 || row->closed != (int)id, NULL, 0,
                                               NULL, 0),
                             0);
        for (size_t k = 0; k < ARRAY_LEN(row->entries); k++) {
            const struct entry_row *from = &row->entries[k];
            const struct acl_entry entry = { from->is_here, from->is_sub,
                                             from->user_id, (char *)(uintptr_t)from->group,
                                             from->grant,   from->deny };
            if (from->user_id != 0 || from->group != NULL)
                assert_int_equal(model_acl_append(model, from->channel, &entry), 0);
        }
        struct user *user = someone(model, 7, ROOT);
        assert_int_equal(model_user_set_tokens(user, (const char *[]){ "Right" }, 1), 0);
        for (int again = 0; again < 2; again++) {
            uint32_t rights = model_permissions(model, user, row->target);
            if (rights != row->expected)
                fail_msg("%s: %x, expected %x", row->name, rights, row->expected);
        }
        // The SuperUser does not care.
        user->user_id = MODEL_SUPERUSER;
        assert_int_equal(model_permissions(model, user, row->target),
                         PERM_ALL & ~(uint32_t)(PERM_SPEAK | PERM_WHISPER));
        model_free(model);
    }
}

static void test_defaults(void **state)
{
    (void)state;
    struct model *model = tree_model();
    assert_int_equal(model_acl_defaults(model), 0);
    struct user *guest = someone(model, GUEST, ROOT), *known = someone(model, 7, ROOT);
    assert_int_equal(model_permissions(model, guest, ROOT), DEF | PERM_SELF_REGISTER);
    assert_int_equal(model_permissions(model, guest, A), DEF);
    assert_int_equal(model_permissions(model, known, A), DEF | PERM_MAKE_TEMP_CHANNEL);
    // A root entry for admin is decided by the admins of the channel that is asked about.
    assert_int_equal(model_group_admit(model, A, "admin", 7), 0);
    uint32_t all = DEF | PERM_WRITE | BY_WRITE;
    assert_int_equal(model_permissions(model, known, A), all);
    assert_int_equal(model_permissions(model, known, C), all);
    assert_int_equal(model_permissions(model, known, ROOT),
                     DEF | PERM_SELF_REGISTER | PERM_MAKE_TEMP_CHANNEL);
    assert_int_equal(model_group_admit(model, ROOT, "admin", 7), 0);
    assert_int_equal(model_permissions(model, known, ROOT), all | ROOT_BITS);
    assert_int_equal(model_acl_defaults(model), 0); // again: as new
    assert_int_equal(model_channel(model, ROOT)->n_acls, 3);
    assert_false(model_group_has(model, ROOT, "admin", 7));
    model_free(model);
}

static void test_restricted_entry(void **state)
{
    (void)state;
    struct model *model = tree_model();
    char nobody[] = "none";
    const struct acl_entry entry = { false, false, GUEST, nobody, 0, PERM_ENTER };
    assert_false(model_is_enter_restricted(model, A));
    assert_int_equal(model_acl_append(model, A, &entry), 0);
    assert_true(model_is_enter_restricted(model, A)); // by its own list alone, whatever it does
    assert_false(model_is_enter_restricted(model, B));
    assert_false(model_is_enter_restricted(model, 99));
    model_free(model);
}

// ---- booths ----

#define MODERATES (DEF | PERM_MUTE_DEAFEN | PERM_MOVE)
#define EVERYTHING (DEF | PERM_WRITE | BY_WRITE)
#define WALLS                                                                                      \
    ((uint32_t)(PERM_ENTER | PERM_SPEAK | PERM_WHISPER | PERM_TEXT_MESSAGE | PERM_LISTEN |         \
                PERM_MOVE))

// A meeting on a, with the booth b and the track d. Entries may open or close what they like.
static struct meeting_info *meeting_model(struct model *model)
{
    struct meeting_info *meeting = model_meeting_add(model, A, "a");
    assert_non_null(meeting);
    static const struct {
        uint32_t id;
        enum channel_role role;
    } roles[] = { { A, CHANNEL_FLOOR }, { B, CHANNEL_BOOTH }, { D, CHANNEL_TRACK } };
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        model_channel(model, roles[i].id)->meeting = A;
        model_channel(model, roles[i].id)->role = roles[i].role;
    }
    model_rights_changed(model);
    return meeting;
}

static const struct {
    const char *name;
    struct entry_row entry;
    const char *group;   // of the floor, with user 7 in it
    uint32_t granted_in; // a moderator's !interpreter
    uint32_t floor, track, booth;
} booth_rows[] = {
    { "anybody", { 0 }, NULL, MODEL_NONE, DEF, DEF, PERM_TRAVERSE },
    { "by entry, booths stay closed",
      { B, BOTH, ALL, PERM_ENTER | PERM_LISTEN | PERM_MOVE, 0 },
      NULL,
      MODEL_NONE,
      DEF,
      DEF,
      PERM_TRAVERSE },
    { "who may edit the booth does not hear it",
      { B, BOTH, MINE, PERM_WRITE, 0 },
      NULL,
      MODEL_NONE,
      DEF,
      DEF,
      EVERYTHING & ~WALLS },
    { "who may edit the floor moderates",
      { A, HERE, MINE, PERM_WRITE, 0 },
      NULL,
      MODEL_NONE,
      EVERYTHING,
      MODERATES,
      MODERATES },
    { "so does an admin of the server",
      { ROOT, BOTH, MINE, PERM_WRITE, 0 },
      NULL,
      MODEL_NONE,
      EVERYTHING,
      EVERYTHING,
      EVERYTHING },
    { "of the group moderators", { 0 }, "moderators", MODEL_NONE, MODERATES, MODERATES, MODERATES },
    { "of the group interpreters", { 0 }, "interpreters", MODEL_NONE, DEF, DEF, DEF },
    { "let in by a moderator", { 0 }, NULL, A, DEF, DEF, DEF },
    { "of another meeting", { 0 }, NULL, E, DEF, DEF, PERM_TRAVERSE },
    { "interpreters are let in past entries",
      { A, BOTH, ALL, 0, PERM_ENTER | PERM_SPEAK },
      "interpreters",
      MODEL_NONE,
      DEF & ~(uint32_t)(PERM_ENTER | PERM_SPEAK),
      DEF & ~(uint32_t)(PERM_ENTER | PERM_SPEAK),
      DEF },
    { "a closed door closes the booth too",
      { A, BOTH, ALL, 0, PERM_TRAVERSE },
      NULL,
      MODEL_NONE,
      0,
      0,
      0 },
};

static void test_booths(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(booth_rows); i++) {
        struct model *model = tree_model();
        meeting_model(model);
        struct user *user = someone(model, 7, ROOT);
        const struct acl_entry entry = {
            booth_rows[i].entry.is_here, booth_rows[i].entry.is_sub,
            booth_rows[i].entry.user_id, (char *)(uintptr_t)booth_rows[i].entry.group,
            booth_rows[i].entry.grant,   booth_rows[i].entry.deny
        };
        if (booth_rows[i].entry.user_id != 0)
            assert_int_equal(model_acl_append(model, booth_rows[i].entry.channel, &entry), 0);
        if (booth_rows[i].group != NULL)
            assert_int_equal(model_group_admit(model, A, booth_rows[i].group, 7), 0);
        assert_int_equal(model_permissions(model, user, B) & PERM_KICK, 0); // and remember it
        if (booth_rows[i].granted_in != MODEL_NONE)
            assert_int_equal(
                model_role_give(model, user,
                                &(struct meeting_info){ .id = booth_rows[i].granted_in },
                                ROLE_INTERPRETER),
                0);
        uint32_t floor = model_permissions(model, user, A),
                 track = model_permissions(model, user, D),
                 booth = model_permissions(model, user, B);
        if (floor != booth_rows[i].floor || track != booth_rows[i].track ||
            booth != booth_rows[i].booth)
            fail_msg("%s: floor %x track %x booth %x", booth_rows[i].name, floor, track, booth);
        assert_true(model_is_enter_restricted(model, B));
        // A guest is in no group, and has no id.
        user->user_id = GUEST;
        uint32_t as_guest = model_permissions(model, user, B);
        if (booth_rows[i].granted_in != A && (as_guest & WALLS) != 0)
            fail_msg("%s: a guest has %x", booth_rows[i].name, as_guest);
        // When the meeting ends, so do its walls and its moderators.
        model_meeting_remove(model, A);
        assert_int_equal(
            model_permissions(model, user, E),
            booth_rows[i].entry.channel == ROOT && booth_rows[i].entry.user_id == GUEST ? 0 : DEF);
        model_free(model);
    }
}

static void test_server_moderators(void **state)
{
    (void)state;
    struct model *model = tree_model();
    meeting_model(model);
    struct user *user = someone(model, GUEST, ROOT);
    assert_int_equal(model_permissions(model, user, ROOT), DEF);
    static char name[] = "Bea", *names[] = { name, NULL };
    model_set_moderators(model, names);
    assert_int_equal(model_permissions(model, user, ROOT), DEF);
    assert_int_equal(model_user_rename(model, user, "bea"), 0);
    assert_ptr_equal(model_user_by_name(model, "BEA"), user);
    assert_null(model_user_by_name(model, "someone"));
    assert_int_equal(model_permissions(model, user, ROOT), MODERATES | PERM_KICK);
    assert_int_equal(model_permissions(model, user, E), MODERATES);
    assert_int_equal(model_permissions(model, user, B), MODERATES);
    model_set_moderators(model, NULL);
    assert_int_equal(model_permissions(model, user, B), PERM_TRAVERSE);
    model_free(model);
}

// ---- the tree ----

static void test_a_channel_that_goes(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct user *user = someone(model, 7, ROOT);
    assert_int_equal(model_link(model, C, E), 0);
    assert_int_equal(model_link(model, C, D), 0);
    assert_int_equal(model_listen(model, user, C, 0.5f), 0);
    assert_int_equal(model_listen(model, user, D, -1), 0);
    assert_int_equal(model_group_admit(model, C, "admin", 7), 0);
    char admin[] = "admin";
    const struct acl_entry entry = { true, true, GUEST, admin, PERM_WRITE, 0 };
    assert_int_equal(model_acl_append(model, C, &entry), 0);
    assert_int_equal(model_permissions(model, user, C), DEF | PERM_WRITE | BY_WRITE);
    model_channel_remove(model, C);
    assert_null(model_channel(model, C));
    assert_int_equal(model_permissions(model, user, C), 0);
    assert_int_equal(model_channel(model, E)->n_links, 0);
    assert_int_equal(model_channel(model, D)->n_links, 0);
    assert_int_equal(model_listening_count(user), 1);
    // Another of that number begins with nothing.
    assert_int_equal(model_permissions(model, user, C), 0);
    assert_non_null(model_channel_add(model, C, B, "again"));
    assert_int_equal(model_permissions(model, user, C), DEF);
    assert_null(model_channel_add(model, C, B, "twice"));
    assert_null(model_channel_add(model, MODEL_NONE, 99, "nowhere"));
    model_channel_remove(model, ROOT); // never
    assert_non_null(model_channel(model, ROOT));
    model_free(model);
}

static void test_moving_a_channel(void **state)
{
    (void)state;
    struct model *model = tree_model();
    char all[] = "all";
    const struct acl_entry entry = { true, true, GUEST, all, PERM_MOVE, 0 };
    struct user *user = someone(model, 7, ROOT);
    assert_int_equal(model_acl_append(model, E, &entry), 0);
    assert_int_equal(model_permissions(model, user, C), DEF);
    assert_int_equal(model_channel_move(model, B, E), 0);
    assert_int_equal(model_permissions(model, user, C), DEF | PERM_MOVE);
    assert_int_equal(model_permissions(model, user, D), DEF);
    assert_int_equal(model_channel_move(model, B, C), MODEL_E_LOOP);
    assert_int_equal(model_channel_move(model, B, 99), MODEL_E_UNKNOWN);
    assert_int_equal(model_channel_move(model, ROOT, A), MODEL_E_ROOT);
    assert_int_equal(model_channel_check(model, A, "x", 99), MODEL_E_UNKNOWN);
    model_free(model);
}

static void test_new_numbers(void **state)
{
    (void)state;
    struct model *model = tree_model();
    struct channel *passing = model_channel_add(model, 40, ROOT, "passing");
    passing->is_temporary = true;
    assert_int_equal(model_channel_add(model, MODEL_NONE, ROOT, "f")->id, 6);
    assert_non_null(model_channel_add(model, 39, ROOT, "g"));
    assert_int_equal(model_channel_add(model, MODEL_NONE, ROOT, "h")->id, 41); // past 40
    model_channel_remove(model, 41);
    assert_int_equal(model_channel_add(model, MODEL_NONE, ROOT, "i")->id, 41); // used again
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_restricted_entry),
        cmocka_unit_test(test_booths),
        cmocka_unit_test(test_server_moderators),
        cmocka_unit_test(test_a_channel_that_goes),
        cmocka_unit_test(test_moving_a_channel),
        cmocka_unit_test(test_new_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
