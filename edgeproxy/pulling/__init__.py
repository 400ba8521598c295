"""A distribution of the user's own AWS account, with all that hangs on it, as a folder that `edgeproxy serve` takes.

account      asks AWS, read-only, and says in a line why it was refused
finding      the distribution that an id, a domain name or an alias means
distribution the way of one pull: from the distribution to each thing that it names
named        policies, access controls, functions, key value stores and keys, each into its place
lambda_code  a handler's archive: fetched with bounds, checked, unpacked where nothing can get out
template     the template that is written, and values that look secret
settings     the text of edgeproxy.yaml
folder       what is written, all or nothing, and nothing over what is there
"""
