// SPDX-License-Identifier: BSD-3-Clause
#include "client-cli/member.h"

#include <stdlib.h>

bool member_init(struct member *member, const struct join_options *options)
{
    member->options = options;
    return uv_loop_init(&member->loop) == 0;
}

int member_open_files(struct member *member)
{
    const struct join_options *options = member->options;
    if (options->play != NULL) {
        member->media = media_open(options->play, options->is_loop, &member->fault);
        if (member->media == NULL)
            return -1;
    }
    if (options->record != NULL) {
        member->record = wav_writer_open(options->record, &member->fault);
        if (member->record == NULL)
            return -1;
    }
    return 0;
}

int member_connect(struct member *member, const struct client_handlers *handlers, void *arg)
{
    const struct join_options *options = member->options;
    const struct url *url = &options->url;
    member->tls = client_tls_new();
    if (member->tls == NULL)
        return fault_set(&member->fault, N_("out of memory"));
    if (certificate_use(member->tls, options->certificate, &member->fault) != 0)
        return -1;
    const char *user = getenv("USER");
    const struct client_options client_options = {
        .host = url->host,
        .port = url->port,
        .name = url->name[0] != '\0' ? url->name
                : user != NULL       ? user
                                     : "susurro",
        .password = url->password[0] != '\0' ? url->password : getenv("SUSURRO_PASSWORD"),
        .tls = member->tls,
        .transport = options->transport,
        .is_legacy = options->is_legacy,
    };
    member->client = client_new(&member->loop, &client_options, handlers, arg);
    return member->client != NULL ? 0 : fault_set(&member->fault, N_("out of memory"));
}

void member_leave(struct member *member, const char *reason)
{
    if (member->out != NULL)
        voice_out_stop(member->out);
    if (member->client != NULL)
        client_close(member->client, CLIENT_END_ASKED, reason);
}

void member_fail(struct member *member, enum client_end end, const char *reason)
{
    if (member->client != NULL)
        client_close(member->client, end, reason);
}

void member_close_voices(struct member *member)
{
    voice_out_free(member->out);
    voice_in_free(member->in);
    member->out = NULL;
    member->in = NULL;
}

enum exit_code member_finish(struct member *member)
{
    (void)uv_loop_close(&member->loop);
    if (!wav_writer_close(member->record)) {
        (void)fprintf(stderr, cli_text(N_("susurro: %s could not be written whole\n")),
                      member->options->record);
        member->exit_code = CLI_FAILED;
    }
    media_close(member->media);
    device_close(member->device);
    SSL_CTX_free(member->tls);
    return member->exit_code;
}
