// SPDX-License-Identifier: BSD-3-Clause
//
// Data between the plugins of clients: passed on as it is, to whoever is named. It asks for no
// permission and knows no channels, so it has a limit of its own.
#include "control/meeting/run.h"

#include <stdlib.h>
#include <string.h>

void plugin_message(struct conn *conn, const ProtobufCMessage *message)
{
    const MumbleProto__PluginDataTransmission *data =
        (const MumbleProto__PluginDataTransmission *)message;
    struct server *server = conn->server;
    if (admin_request(conn, data) || display_plugin(conn, data))
        return;
    if (!bucket_take(&conn->plugin_messages, server->now_us) || !data->has_data ||
        data->data_id == NULL)
        return;
    if (data->data.len > PLUGIN_DATA_BYTES || strlen(data->data_id) > PLUGIN_ID_BYTES ||
        !str_is_utf8(data->data_id))
        return;
    bool *is_reached = calloc(model_sessions_max(server->model), sizeof(*is_reached));
    if (is_reached == NULL)
        return;
    for (size_t i = 0; i < data->n_receiver_sessions; i++)
        if (conn_of(server, data->receiver_sessions[i]) != NULL)
            is_reached[data->receiver_sessions[i]] = true;
    MumbleProto__PluginDataTransmission out = *data;
    out.has_sender_session = true;
    out.sender_session = conn->session;
    out.n_receiver_sessions = 0;
    for (struct conn *to = server->conns; to != NULL; to = to->next)
        if (to->phase == CONN_READY && is_reached[to->session])
            send_message(to, MSG_PLUGIN_DATA, &out.base);
    free(is_reached);
}
