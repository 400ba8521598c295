"""Templates, DistributionConfig and settings."""

# ruff: noqa: E501

from edgeproxy.fidelity.row import Row, chosen, honoured, not_emulated, section

ROWS: tuple[Row, ...] = (
    *section(
        "Configuration: DistributionConfig",
        honoured(
            "distribution-config",
            "DistributionConfig",
            "every property of the API model is known; what is wrong is shown in your file (distribution-web-values-specify)",
            "config/distribution.py",
        ),
        not_emulated(
            "accepted-without-effect",
            "ViewerCertificate, PriceClass, IPV6Enabled, Comment, CallerReference",
            "accepted, without effect",
            "config/distribution.py",
        ),
        not_emulated(
            "field-level-encryption",
            "Field-level encryption",
            "form fields are passed on in clear text",
            "config/not_honoured.py",
            property="DefaultCacheBehavior.FieldLevelEncryptionId, CacheBehavior.FieldLevelEncryptionId",
        ),
        not_emulated(
            "anycast",
            "Anycast static IPs",
            "the proxy listens where it is told to",
            "config/not_honoured.py",
            property="DistributionConfig.AnycastIpListId",
        ),
    ),
    *section(
        "Configuration: policies",
        honoured(
            "policies",
            "Cache, origin request and response headers policies, key groups, access controls",
            "read from the template, managed ones by id (cache-key-understand-cache-policy)",
            "config/library.py",
        ),
        chosen(
            "selections-and-default-ttl",
            "Selection `none` with names; a DefaultTTL that is not given",
            "as none; never above a MaxTTL that is given",
            "config/policies.py",
        ),
    ),
    *section(
        "Configuration: CloudFormation",
        honoured(
            "cloudformation",
            "CloudFormation, SAM and `cdk synth` templates",
            "parameters, conditions, mappings and intrinsic functions are resolved (AWS::CloudFront::Distribution)",
            "config/template.py",
        ),
        chosen(
            "made-up-ids",
            "Ids, domain names and ARNs of resources that exist only in a template",
            "made up from their names, the same at every start",
            "config/identities.py",
        ),
        chosen(
            "pseudo-parameters",
            "Pseudo parameters",
            "region us-east-1, account 123456789012, stack name `local`; `--param AWS::Region=…` changes them",
            "config/parameters.py",
        ),
        chosen(
            "unnamed-buckets",
            "A bucket without BucketName; resource types that are not known",
            "named by its logical id in lower case; Ref gives the logical id, GetAtt `<logical id>.<attribute>`",
            "config/resource_values.py",
        ),
        chosen(
            "file-sizes",
            "The size of configuration files",
            "4 MiB, 200,000 values, 100 levels; 1,000 items a list; functions give 1 Mi characters each; 200 problems are told",
            "config/documents.py, config/nodes.py, config/limits.py, config/intrinsics.py, config/problems.py",
        ),
        not_emulated(
            "template-functions",
            "Cidr, GetAZs, Length, ToJsonString, Transform, ForEach",
            "a problem with its line, where the value is needed",
            "config/intrinsics.py",
        ),
        chosen(
            "dynamic-references",
            "`{{resolve:ssm:…}}`, `{{resolve:ssm-secure:…}}`, `{{resolve:secretsmanager:…}}`",
            "AWS is not asked: the settings' `resolve` gives each value, in any text that is read; without it, a problem",
            "config/dynamic_references.py",
        ),
        not_emulated(
            "allowed-pattern",
            "AllowedPattern of parameters",
            "not looked at; AllowedValues, Type: Number, lengths and limits are",
            "config/parameters.py",
        ),
        chosen(
            "parameters-in-ssm",
            "Parameters of type `AWS::SSM::Parameter::Value<…>`",
            "`--param` and `parameters` give the value, not the name; the default's name is looked up in `resolve` as `ssm:NAME`",
            "config/parameters.py",
        ),
        chosen(
            "variables-in-settings",
            "`${env:NAME}` in the settings, for secrets that stand in no file",
            "a variable that is not set, or empty, is a problem that names it: no empty secret is sent",
            "config/environment.py",
        ),
    ),
    *section(
        "Configuration: SAM",
        honoured(
            "sam",
            "AWS::Serverless::Function, Globals, IgnoreGlobals, AutoPublishAlias, FunctionUrlConfig, implicit APIs",
            "merged and made as the SAM transform does (sam-specification-template-anatomy-globals)",
            "config/sam.py, config/references.py",
        ),
        chosen(
            "sam-build",
            "A template.yaml, named or in a folder, with `.aws-sam/build/template.yaml` beside it",
            "what `sam build` made is served, as `sam local` does where no template is named; said at start",
            "config/sam_build.py",
            switch="--no-build",
        ),
        chosen(
            "sam-build-under-way",
            "`sam build` at work while its last build is served",
            "the last good version goes on until the built template is back; a handler that must start meanwhile lacks its code",
            "config/sam_build.py",
        ),
        not_emulated(
            "transforms",
            "Transforms other than SAM's and AWS::LanguageExtensions (macros, AWS::Include)",
            "the template is read as it is written",
            "config/sam.py",
            property="Template.Transform",
        ),
    ),
    *section(
        "Configuration: CDK",
        honoured(
            "cloud-assembly",
            "A cloud assembly, the folder `cdk.out` as `cdk synth` writes it",
            "every stack is read, with its assets, exports, SSM parameters across regions and nested stacks (cloud assembly schema)",
            "config/cloud_assembly.py, config/stacks.py, config/links.py, config/assets.py",
        ),
        chosen(
            "assembly-names",
            "A resource without a name, in a cloud assembly",
            "named `<stack>-<logical id>`, a bucket in lower case; CloudFormation adds random letters",
            "config/resource_values.py",
        ),
        chosen(
            "asset-archives",
            "Assets that are archives",
            "unpacked into a folder that goes when the proxy ends: 512 MiB and 50,000 entries at most, no links, no name twice",
            "archives.py, config/archives.py",
        ),
        chosen(
            "bucket-deployments",
            "A bucket without a local place that `BucketDeployment` fills",
            "what its deployments put there in the template's order, with the metadata of the last that puts an object; Prune means nothing",
            "config/bucket_deployments.py, config/object_metadata.py",
        ),
        not_emulated(
            "bucket-deployment-metadata",
            "`website-redirect` in the SystemMetadata of a `BucketDeployment`, and what is not known",
            "not sent: the objects themselves are served",
            "config/bucket_deployments.py, config/object_metadata.py",
            property="Custom::CDKBucketDeployment.SystemMetadata",
        ),
    ),
    *section(
        "Configuration: Terraform",
        honoured(
            "terraform",
            "Plans and states of Terraform and OpenTofu",
            "read as `show -json` prints them (JSON output format 0.x and 1.x), and checked as templates are",
            "config/terraform.py, config/terraform_resources.py, config/terraform_blocks.py",
        ),
        chosen(
            "terraform-names",
            "The name of a distribution",
            "its resource's name; its address where several resources have that name",
            "config/terraform.py",
        ),
        chosen(
            "terraform-unknown",
            "Attributes that are known only after apply",
            "found by the plan's references; where locals or dynamic blocks hide them, the only resource of that type is meant",
            "config/terraform_references.py",
        ),
        chosen(
            "terraform-identities",
            "Ids, ARNs and domain names that are not known yet",
            "made up from addresses, in us-east-1; of other types `<address>.<attribute>`",
            "config/terraform_values.py",
        ),
        chosen(
            "terraform-domain-names",
            "An origin's domain name that the plan does not lead to",
            "`<origin id>.known-after-apply`",
            "config/terraform_translation.py",
        ),
        chosen(
            "terraform-defaults",
            "What the provider sends for what is not given",
            "no TTLs beside a cache policy, else 0; ErrorCachingMinTTL 0; an origin without a configuration is a bucket",
            "config/terraform_shapes.py",
        ),
        chosen(
            "terraform-code",
            "The code of a Lambda function that `archive_file` packs",
            "the packed files themselves where they are on this machine, else the package",
            "config/terraform_resources.py",
        ),
    ),
    *section(
        "Configuration: quotas",
        honoured(
            "quotas",
            "Quotas of distributions, policies and names",
            "more than AWS allows is a problem when the template is read (cloudfront-limits)",
            "config/limits.py",
        ),
        chosen("raised-quotas", "Quotas that an account can have raised", "refused at their default", "config/limits.py"),
    ),
    *section(
        "Configuration: continuous deployment",
        not_emulated(
            "continuous-deployment",
            "Continuous deployment",
            "every request goes to this distribution, none to a staging one",
            "config/not_honoured.py",
            property="DistributionConfig.ContinuousDeploymentPolicyId",
        ),
        not_emulated(
            "staging",
            "A staging distribution",
            "served as a distribution of its own",
            "config/not_honoured.py",
            property="DistributionConfig.Staging",
        ),
    ),
    *section(
        "Configuration: serving without a template",
        chosen(
            "serve-origin",
            "`edgeproxy serve --origin URL`, without a template",
            "UseOriginCacheControlHeaders-QueryStrings with Authorization added to the key, AllViewer, all methods; errors are not remembered",
            "config/undeclared.py",
        ),
        chosen(
            "serve-directory",
            "`edgeproxy serve DIRECTORY`, without a template",
            "CachingOptimized, no origin request policy, GET, HEAD and OPTIONS, root object `index.html`",
            "config/undeclared.py",
        ),
    ),
)
