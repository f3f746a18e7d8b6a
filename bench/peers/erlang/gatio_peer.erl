%% SPDX-License-Identifier: Apache-2.0
%% The workloads of bench/rows/ on Erlang/OTP, with the same counts and windows.
%%
%%     erl -noinput +S 1:1 -pa DIR -run gatio_peer main WORKLOAD WARMUP_MS DURATION_MS
%%
%% Prints one number, in the unit of gatio's row, or a sentence and ends with status 1. It runs on the CPUs that it is
%% given: whoever starts it pins the process, and says how many schedulers there are.
-module(gatio_peer).
-export([main/1]).

%% ---- The harness: the clock, what is counted, and the end of the process ----

%% One process counts; it carries the harness along.
-record(harness, {unit, warmup, duration, begun, started, start_count}).

main([Workload, Warmup, Duration]) ->
    {Play, Unit} = workload(Workload),
    Harness = #harness{
        unit = Unit,
        warmup = milliseconds(Warmup),
        duration = milliseconds(Duration)
    },
    spawn(fun() -> Play(Harness) end);
main(_) ->
    fail("usage: gatio_peer WORKLOAD WARMUP_MS DURATION_MS").

workload("local_dispatch") -> {fun first_player/1, cost};
workload("ring503_hop") -> {fun first_link/1, cost};
workload("fanin8") -> {fun consumer/1, rate};
workload("fjthrput") -> {fun forker/1, rate};
workload("big") -> {fun host/1, rate};
workload("spawn_exit") -> {fun spawner/1, rate};
workload(Other) -> fail("no workload " ++ Other).

milliseconds(Text) ->
    erlang:convert_time_unit(list_to_integer(Text), millisecond, native).

%% How many have been done so far. When the time is over it prints the one number and ends the emulator.
count(Harness = #harness{begun = undefined}, _) ->
    Harness#harness{begun = erlang:monotonic_time()};
count(Harness = #harness{started = undefined}, Done) ->
    Now = erlang:monotonic_time(),
    if
        Now - Harness#harness.begun < Harness#harness.warmup -> Harness;
        true -> Harness#harness{started = Now, start_count = Done}
    end;
count(Harness, Done) ->
    Span = erlang:monotonic_time() - Harness#harness.started,
    if
        Span < Harness#harness.duration -> Harness;
        true -> print(Harness#harness.unit, Span, Done - Harness#harness.start_count)
    end.

print(Unit, Span, Count) ->
    Nanoseconds = erlang:convert_time_unit(Span, native, nanosecond),
    Value =
        case Unit of
            cost -> Nanoseconds / Count;
            rate -> Count * 1000 / Nanoseconds
        end,
    io:format("~.6f~n", [Value]),
    halt(0).

fail(Text) ->
    io:format("~s~n", [Text]),
    halt(1).

%% ---- Ping-pong: the ball is a number that the players count up; the second does what a link of the ring does ----

-define(BALLS_BETWEEN_CLOCKS, 8192).

first_player(Harness) ->
    First = self(),
    Second = spawn(fun() -> one_link(First) end),
    Second ! 1,
    first_player(Second, Harness).

first_player(Second, Harness) ->
    receive
        Ball when Ball rem ?BALLS_BETWEEN_CLOCKS =:= 0 ->
            Next = count(Harness, Ball),
            Second ! Ball + 1,
            first_player(Second, Next);
        Ball ->
            Second ! Ball + 1,
            first_player(Second, Harness)
    end.

%% ---- Ring: each link knows the next, and the last one the first ----

-define(LINK_COUNT, 503).
-define(HOPS_BETWEEN_CLOCKS, (8 * ?LINK_COUNT)).

first_link(Harness) ->
    First = self(),
    Next = lists:foldl(
        fun(_, After) -> spawn(fun() -> one_link(After) end) end, First, lists:seq(2, ?LINK_COUNT)
    ),
    Next ! 1,
    first_link(Next, Harness).

first_link(Next, Harness) ->
    receive
        Hop when Hop rem ?HOPS_BETWEEN_CLOCKS =:= 0 ->
            Later = count(Harness, Hop),
            Next ! Hop + 1,
            first_link(Next, Later);
        Hop ->
            Next ! Hop + 1,
            first_link(Next, Harness)
    end.

one_link(Next) ->
    receive
        Hop ->
            Next ! Hop + 1,
            one_link(Next)
    end.

%% ---- Fan-in: 32-byte messages; a producer may have WINDOW on their way, and gets credit for each CREDIT ----

-define(PRODUCER_COUNT, 8).
-define(WINDOW, 1024).
-define(CREDIT, 128).
-define(MESSAGES_BETWEEN_CLOCKS, 16384).

consumer(Harness) ->
    Consumer = self(),
    Producers = [
        spawn(fun() -> producer(Consumer, Index, 0) end)
     || Index <- lists:seq(1, ?PRODUCER_COUNT)
    ],
    [Producer ! ?WINDOW || Producer <- Producers],
    Numbers = counters:new(?PRODUCER_COUNT, []),
    consumer(list_to_tuple(Producers), Numbers, 0, Harness).

consumer(Producers, Numbers, Received, Harness) ->
    receive
        {Index, Number, _, _} ->
            %% In order, or it does not match.
            Number = counters:get(Numbers, Index),
            counters:put(Numbers, Index, Number + 1),
            if
                (Number + 1) rem ?CREDIT =:= 0 -> element(Index, Producers) ! ?CREDIT;
                true -> ok
            end,
            Next =
                if
                    (Received + 1) rem ?MESSAGES_BETWEEN_CLOCKS =:= 0 -> count(Harness, Received + 1);
                    true -> Harness
                end,
            consumer(Producers, Numbers, Received + 1, Next)
    end.

producer(Consumer, Index, Number) ->
    receive
        Credit -> producer(Consumer, Index, produce(Consumer, Index, Number, Credit))
    end.

produce(_, _, Number, 0) ->
    Number;
produce(Consumer, Index, Number, Left) ->
    Consumer ! {Index, Number, 0, 0},
    produce(Consumer, Index, Number + 1, Left - 1).

%% ---- Fork-join: one to sixty; a worker may have WINDOW on their way, and gives credit for each CREDIT ----

-define(WORKER_COUNT, 60).
-define(TASK_WINDOW, 64).
-define(TASK_CREDIT, 32).
-define(CREDITS_BETWEEN_CLOCKS, 512).

forker(Harness) ->
    Forker = self(),
    Workers = [
        spawn(fun() -> worker(Forker, Index, ?TASK_CREDIT) end)
     || Index <- lists:seq(1, ?WORKER_COUNT)
    ],
    [hand_out(Worker, 0, ?TASK_WINDOW) || Worker <- Workers],
    forker(list_to_tuple(Workers), 0, Harness).

forker(Workers, CreditCount, Harness) ->
    receive
        Index ->
            Next =
                if
                    (CreditCount + 1) rem ?CREDITS_BETWEEN_CLOCKS =:= 0 ->
                        count(Harness, (CreditCount + 1) * ?TASK_CREDIT);
                    true ->
                        Harness
                end,
            hand_out(element(Index, Workers), CreditCount, ?TASK_CREDIT),
            forker(Workers, CreditCount + 1, Next)
    end.

hand_out(_, _, 0) ->
    ok;
hand_out(Worker, Number, Left) ->
    Worker ! Number + Left,
    hand_out(Worker, Number, Left - 1).

worker(Forker, Index, 0) ->
    Forker ! Index,
    worker(Forker, Index, ?TASK_CREDIT);
worker(Forker, Index, Left) ->
    receive
        _ -> worker(Forker, Index, Left - 1)
    end.

%% ---- Big: each guest pings another by chance, waits for the pong, and goes on ----

-define(GUEST_COUNT, 120).
-define(PONGS_IN_TALLY, 256).
-define(TALLIES_BETWEEN_CLOCKS, 8).

host(Harness) ->
    Host = self(),
    Guests = [
        spawn(fun() -> guest(Host, Index) end)
     || Index <- lists:seq(1, ?GUEST_COUNT)
    ],
    Party = list_to_tuple(Guests),
    [Guest ! {party, Party} || Guest <- Guests],
    host(0, Harness).

host(TallyCount, Harness) ->
    receive
        PongCount ->
            Next =
                if
                    (TallyCount + 1) rem ?TALLIES_BETWEEN_CLOCKS =:= 0 ->
                        count(Harness, (TallyCount + 1) * PongCount);
                    true ->
                        Harness
                end,
            host(TallyCount + 1, Next)
    end.

guest(Host, Index) ->
    receive
        {party, Guests} -> ping_someone(Host, Guests, rand:mwc59_seed(Index), ?PONGS_IN_TALLY)
    end.

ping_someone(Host, Guests, Chance, 0) ->
    Host ! ?PONGS_IN_TALLY,
    ping_someone(Host, Guests, Chance, ?PONGS_IN_TALLY);
ping_someone(Host, Guests, Chance, Left) ->
    Next = rand:mwc59(Chance),
    Someone = element((Next band 16#ffffffff) rem ?GUEST_COUNT + 1, Guests),
    Someone ! {ping, self(), Left},
    guest(Host, Guests, Next, Left).

guest(Host, Guests, Chance, Left) ->
    receive
        {ping, From, Number} ->
            From ! {pong, Number},
            guest(Host, Guests, Chance, Left);
        {pong, _} ->
            ping_someone(Host, Guests, Chance, Left - 1)
    end.

%% ---- Spawn and exit: processes that get one message and end ----

-define(SPAWNS_IN_ROUND, 64).
-define(ALIVE_MAX, 4096).
-define(ROUNDS_BETWEEN_CLOCKS, 64).

spawner(Harness) ->
    spawner(counters:new(1, []), 0, 1, Harness).

spawner(Ended, SpawnedCount, Round, Harness) ->
    EndedCount = counters:get(Ended, 1),
    NewCount =
        if
            SpawnedCount - EndedCount < ?ALIVE_MAX ->
                spawn_some(Ended, SpawnedCount, ?SPAWNS_IN_ROUND);
            true ->
                %% The others' turn.
                erlang:yield(),
                SpawnedCount
        end,
    Next =
        if
            Round rem ?ROUNDS_BETWEEN_CLOCKS =:= 0 -> count(Harness, EndedCount);
            true -> Harness
        end,
    spawner(Ended, NewCount, Round + 1, Next).

spawn_some(_, SpawnedCount, 0) ->
    SpawnedCount;
spawn_some(Ended, SpawnedCount, Left) ->
    spawn(fun() -> mayfly(Ended) end) ! SpawnedCount,
    spawn_some(Ended, SpawnedCount + 1, Left - 1).

mayfly(Ended) ->
    receive
        _ -> counters:add(Ended, 1, 1)
    end.
