#include "doors/http/internal/audited.h"

namespace tillstream::http_door {

BlockingHandler audited(Access& access, std::string action, std::string parameter, BlockingHandler handler) {
    return [&access, action = std::move(action), parameter = std::move(parameter),
            handler = std::move(handler)](const HttpRequest& request) {
        HttpResponse response = handler(request);
        write_audit(access, request, action, request.params.find(parameter).value_or(""), response.status);
        return response;
    };
}

void write_audit(Access& access, const RequestHead& request, std::string_view action, std::string_view target,
                 int status) {
    access.record({.token = request.principal,
                   .peer = request.peer,
                   .request_id = request.request_id,
                   .action = action,
                   .target = target,
                   .status = status});
}

}  // namespace tillstream::http_door
