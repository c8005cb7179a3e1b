#!/usr/bin/env escript
%%! +S 1:1 +P 1000000
%% What the same jobs cost in Erlang, whose actors are part of its machine. Prints one JSON object.
%% Usage: escript neighbours.escript MESSAGES ASKS ACTORS

-mode(compile).

main([Messages, Asks, Actors]) ->
    M = list_to_integer(Messages),
    A = list_to_integer(Asks),
    N = list_to_integer(Actors),
    {Spawn, Bytes, Stop} = actors(N),
    io:format("{\"tells\": ~w, \"asks\": ~w, \"actors\": {\"up_seconds\": ~w, \"stop_seconds\": ~w, \"bytes\": ~w}}~n",
              [round(M / tell(M)), round(A / ask(A)), Spawn, Stop, Bytes]).

seconds(Since) ->
    erlang:convert_time_unit(erlang:monotonic_time() - Since, native, microsecond) / 1000000.

tell(M) ->
    Self = self(),
    Sink = spawn(fun() -> sink(Self) end),
    Begun = erlang:monotonic_time(),
    tell_each(Sink, M),
    Sink ! done,
    receive drained -> seconds(Begun) end.

tell_each(_, 0) -> ok;
tell_each(Sink, M) -> Sink ! message, tell_each(Sink, M - 1).

sink(Owner) ->
    receive
        message -> sink(Owner);
        done -> Owner ! drained
    end.

ask(A) ->
    Parrot = spawn(fun parrot/0),
    Begun = erlang:monotonic_time(),
    ask_each(Parrot, A),
    Taken = seconds(Begun),
    Parrot ! stop,
    Taken.

ask_each(_, 0) -> ok;
ask_each(Parrot, A) ->
    Monitor = erlang:monitor(process, Parrot),
    Parrot ! {self(), Monitor, question},
    receive {Monitor, _} -> erlang:demonitor(Monitor, [flush]) after 5000 -> exit(timeout) end,
    ask_each(Parrot, A - 1).

parrot() ->
    receive
        {From, Monitor, Question} -> From ! {Monitor, Question}, parrot();
        stop -> ok
    end.

actors(N) ->
    Before = erlang:memory(processes),
    Begun = erlang:monotonic_time(),
    Pids = [spawn_link(fun parrot/0) || _ <- lists:seq(1, N)],
    [begin P ! {self(), ready, P}, receive {ready, P} -> ok end end || P <- Pids],
    Up = seconds(Begun),
    Bytes = (erlang:memory(processes) - Before) div N,
    Ending = erlang:monotonic_time(),
    [begin R = erlang:monitor(process, P), P ! stop, receive {'DOWN', R, _, _, _} -> ok end end || P <- lists:reverse(Pids)],
    {Up, Bytes, seconds(Ending)}.
