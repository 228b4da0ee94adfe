"""Where a link is computed: Spark, on a cluster or on this machine.

Spark moves rows, pairs and clusters between machines; what is done with them is what the DuckDB
engine does, in the same Python functions, so that the two find the same.

    asked        what a link asks of Spark: where, and with how much
    intake       feeds read and standardised in tasks; `rows`, in the order of record numbers
    blocking     `keys`, and the pairs that share one: `candidates`
    weighing     their match weights by the compiled scorer: `pairs`
    components   which records pairs connect
    clustering   whole components settled as a region is, and what is made of them sorted for
                 the store
    linking      one after the other

Between steps everything lies as Parquet in a folder that driver and executors share. The driver
never holds records or pairs: it reads the last of these tables part by part. It does hold, for the
time of a link, the key of each record and the number of its cluster, because person ids are given
in one pass over everything; the README says what that takes.
"""
