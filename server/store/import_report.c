// SPDX-License-Identifier: BSD-3-Clause
// What would come, for a human.
#include "store/import_int.h"

#include "base/base.h"

#include <inttypes.h>
#include <string.h>

#define VALUE_SHOWN_BYTES 60

static const char *program_of(int schema)
{
    return schema <= 5   ? "1.2"
           : schema <= 7 ? "1.3"
           : schema == 8 ? "1.4"
           : schema == 9 ? "1.5"
                         : "1.6";
}

struct counts {
    size_t described, limited, apart, linked, entries, with_entries, groups, members;
    size_t people, emails, comments, textures, certs, pbkdf2, sha1, listenings;
    size_t bans_for_ever, bans_by_hash;
};

static void count_channels(const struct import *import, struct counts *c)
{
    for (size_t i = 0; i < import->n_channels; i++) {
        const struct import_channel *channel = &import->channels[i];
        c->described += channel->description != NULL && channel->description[0] != '\0';
        c->limited += channel->max_users != 0;
        c->apart += channel->id != 0 && !channel->is_inheriting;
        c->linked += channel->n_links;
        c->entries += channel->n_entries;
        c->with_entries += channel->n_entries > 0;
        c->groups += channel->n_groups;
        for (size_t j = 0; j < channel->n_groups; j++)
            c->members += channel->groups[j].n_add + channel->groups[j].n_remove;
    }
}

static void count_people(const struct import *import, struct counts *c)
{
    for (size_t i = 0; i < import->n_people; i++) {
        const struct import_person *person = &import->people[i];
        bool has_password = person->is.password.hash[0] != '\0';
        c->people += person->is.id != MODEL_SUPERUSER;
        c->emails += person->is.email != NULL;
        c->comments += person->comment != NULL;
        c->textures += person->texture_len > 0;
        c->certs += person->is.n_certs;
        c->pbkdf2 += has_password && person->is.password.iterations > 0;
        c->sha1 += has_password && person->is.password.iterations == 0;
        c->listenings += person->n_listening;
    }
    for (size_t i = 0; i < import->n_bans; i++) {
        c->bans_for_ever += import->bans[i].duration_s == 0;
        c->bans_by_hash += import->bans[i].hash[0] != '\0';
    }
}

static void line(FILE *out, const char *what, size_t n, const char *remark)
{
    fprintf(out, "  %-30s %8zu%s%s\n", what, n, remark[0] != '\0' && n > 0 ? "  " : "",
            n > 0 ? remark : "");
}

static void report_counts(const struct import *import, FILE *out)
{
    char remark[160];
    struct counts c = { 0 };
    count_channels(import, &c);
    count_people(import, &c);
    (void)snprintf(remark, sizeof remark,
                   "%zu described, %zu with a limit, %zu without the rights from above",
                   c.described, c.limited, c.apart);
    line(out, "channels, the root included", import->n_channels, remark);
    line(out, "links between channels", c.linked / 2, "");
    (void)snprintf(remark, sizeof remark, "in %zu channels", c.with_entries);
    line(out, "entries in rights (ACL)", c.entries, remark);
    line(out, "groups", c.groups, "");
    line(out, "members put in or taken out", c.members, "");
    line(out, "registered people", c.people, "and SuperUser");
    line(out, "certificates of people", c.certs, "");
    (void)snprintf(remark, sizeof remark, "%zu in the old form, renewed at the next login", c.sha1);
    line(out, "passwords", c.pbkdf2 + c.sha1, c.sha1 > 0 ? remark : "");
    line(out, "e-mail addresses", c.emails, "");
    line(out, "comments", c.comments, "");
    line(out, "pictures", c.textures, "");
    line(out, "channels listened to", c.listenings, "");
    (void)snprintf(remark, sizeof remark, "%zu without end, %zu by certificate", c.bans_for_ever,
                   c.bans_by_hash);
    line(out, "bans", import->n_bans, remark);
    line(out, "settings of the server", import->n_settings, "");
    fprintf(out, "  %-30s %8s  %s\n", "certificate of the server",
            import->certificate_name != NULL ? "yes" : "no",
            import->certificate_name != NULL ? import->certificate_name
                                             : "as sslCert and sslKey say, or a new one");
}

static void print_value(FILE *out, const char *value)
{
    size_t n = 0;
    for (const char *c = value; *c != '\0'; c++, n++) {
        // Not in the middle of a character.
        if (n >= VALUE_SHOWN_BYTES && ((unsigned char)*c & 0xC0) != 0x80) {
            fprintf(out, "…");
            return;
        }
        if (*c == '\n')
            fprintf(out, "\\n");
        else
            putc((unsigned char)*c < ' ' || *c == 0x7F ? '?' : *c, out);
    }
}

static void report_settings(const struct import *import, FILE *out)
{
    if (import->n_settings == 0)
        return;
    fprintf(out, "\nSettings, kept in the database; they come after the configuration file:\n");
    for (size_t i = 0; i < import->n_settings; i++) {
        const struct import_setting *setting = &import->settings[i];
        fprintf(out, "  ");
        print_value(out, setting->key);
        fprintf(out, " = ");
        if (str_equal_fold(setting->key, "serverpassword"))
            fprintf(out, "(not shown)");
        else
            print_value(out, setting->value);
        fprintf(out, "\n");
    }
}

static void report_notes(const struct import *import, enum import_note_kind kind, const char *head,
                         FILE *out)
{
    bool has_any = false;
    for (size_t i = 0; i < import->n_notes; i++) {
        if (import->notes[i].kind != kind)
            continue;
        if (!has_any)
            fprintf(out, "\n%s\n", head);
        has_any = true;
        fprintf(out, "  %s\n", import->notes[i].text);
    }
    if (import->n_notes_unkept[kind] > 0)
        fprintf(out, "  … and %zu more\n", import->n_notes_unkept[kind]);
}

void import_report(const struct import *import, FILE *out)
{
    fprintf(out, "%s: mumble-server %s (schema %d), server %" PRId64 "\n\n", import->path,
            program_of(import->schema), import->schema, import->server_id);
    report_counts(import, out);
    report_settings(import, out);
    report_notes(import, NOTE_REPAIRED, "Repaired:", out);
    report_notes(import, NOTE_LEFT_OUT, "Does not come:", out);
    if (import->n_log_lines > 0)
        fprintf(out,
                "\nThe log of %" PRId64
                " lines stays behind: susurrod's goes to logfile or standard error.\n",
                import->n_log_lines);
}
